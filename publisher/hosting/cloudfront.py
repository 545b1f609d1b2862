"""The site on AWS, as a CloudFormation template: a private bucket, CloudFront before it, and who may publish.

The bucket answers CloudFront alone (origin access control). `cache-control` and types come with the objects, as the
publisher wrote them; everything else is added by a response headers policy per kind of file. Nothing is ever
invalidated. The bucket stays when the stack is deleted.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import yaml

from publisher.hosting.policy import HSTS_VALUE, always, csp, resource_policy, shared
from publisher.hosting.survey import Kind, Survey
from publisher.model.digest import Plain

Node: TypeAlias = dict[str, Plain]

_FUNCTION = Path(__file__).parent / "viewer_request.js"
_NAMES = {
    Kind.PAGE: "PageHeaders",
    Kind.EMBED: "EmbedHeaders",
    Kind.ASSET: "AssetHeaders",
    Kind.PICTURE: "PictureHeaders",
    Kind.OPEN: "OpenHeaders",
}
_OPEN_FOLDERS = ("api/", "schema/", "objects/", "releases/")
HEADER = """\
# Written by `tidings hosting cloudfront`; write it anew after an update of Tidings or of the theme. Needs, in
# us-east-1, a certificate for the host name; afterwards, a DNS record (A and AAAA alias) that leads to DomainName.
#
#   aws cloudformation deploy --region us-east-1 --stack-name status --template-file template.yaml \\
#       --capabilities CAPABILITY_IAM --parameter-overrides CertificateArn=arn:aws:acm:us-east-1:…
"""


def render_cloudfront(site: Survey, *, host: str) -> str:
    """Write the template.

    Args:
        site: what is served.
        host: the name readers type.
    """
    template: Node = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The status page at {host}: private bucket, CloudFront, publisher's rights",
        "Parameters": _parameters(host),
        "Conditions": {"WithArchive": {"Fn::Equals": [{"Ref": "Archive"}, "yes"]}},
        "Resources": {
            **_storage(),
            **{_NAMES[kind]: _headers(kind, site) for kind in Kind},
            **_delivery(site),
            **_publisher(),
            **_archive(),
        },
        "Outputs": {
            "BucketName": {"Description": "For policy/channels.yml", "Value": {"Ref": "Bucket"}},
            "DomainName": {"Description": "Where DNS has to lead", "Value": {"Fn::GetAtt": ["Page", "DomainName"]}},
            "PublisherPolicy": {"Description": "Attach to the role that publishes", "Value": {"Ref": "Publisher"}},
        },
    }
    return HEADER + yaml.dump(template, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)


def _parameters(host: str) -> Node:
    return {
        "HostName": {"Type": "String", "Default": host, "Description": "The name readers type"},
        "CertificateArn": {"Type": "String", "Description": "Of ACM in us-east-1, for HostName"},
        "Archive": {
            "Type": "String",
            "Default": "no",
            "AllowedValues": ["yes", "no"],
            "Description": "A second bucket in which nothing can be changed or removed for a time, for the record",
        },
        "ArchiveYears": {
            "Type": "Number",
            "Default": 1,
            "MinValue": 1,
            "Description": "Not even the account's owner can shorten it",
        },
    }


_CLOSED: Node = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}
_ENCRYPTED: Node = {
    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
}


def _storage() -> Node:
    return {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "PublicAccessBlockConfiguration": _CLOSED,
                "BucketEncryption": _ENCRYPTED,
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            },
        },
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "OnlyThisDistributionReads",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudfront.amazonaws.com"},
                            "Action": "s3:GetObject",
                            "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
                            "Condition": {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": _ARN}}},
                        },
                        {
                            # without this a missing object is "denied", and so is anything that is truly wrong
                            "Sid": "SoThatWhatIsMissingIsMissing",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudfront.amazonaws.com"},
                            "Action": "s3:ListBucket",
                            "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]},
                            "Condition": {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": _ARN}}},
                        },
                        {
                            "Sid": "NothingInTheClear",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}],
                            "Condition": {"Bool": {"aws:SecureTransport": False}},
                        },
                    ],
                },
            },
        },
    }


_ARN = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Page}"


def _headers(kind: Kind, site: Survey) -> Node:
    """Give the response headers policy of a kind of file."""
    plain = dict(always())
    security: Node = {
        "ContentSecurityPolicy": {"ContentSecurityPolicy": csp(kind, site), "Override": True},
        "ContentTypeOptions": {"Override": True},
        "ReferrerPolicy": {"ReferrerPolicy": plain.pop("Referrer-Policy"), "Override": True},
        "StrictTransportSecurity": {
            "AccessControlMaxAgeSec": int(HSTS_VALUE.partition("=")[2]),
            "IncludeSubdomains": False,
            "Override": True,
        },
    }
    del plain["X-Content-Type-Options"]
    if kind is Kind.PAGE:
        security["FrameOptions"] = {"FrameOption": "DENY", "Override": True}
    plain["Cross-Origin-Resource-Policy"] = resource_policy(kind)
    config: Node = {
        "Name": {"Fn::Sub": f"${{AWS::StackName}}-{kind}"},
        "SecurityHeadersConfig": security,
        "CustomHeadersConfig": {
            "Items": [{"Header": name, "Value": value, "Override": True} for name, value in plain.items()]
        },
    }
    if shared(kind):
        config["CorsConfig"] = {
            "AccessControlAllowCredentials": False,
            "AccessControlAllowHeaders": {"Items": ["*"]},
            "AccessControlAllowMethods": {"Items": ["GET", "HEAD", "OPTIONS"]},
            "AccessControlAllowOrigins": {"Items": ["*"]},
            "AccessControlExposeHeaders": {"Items": ["ETag"]},
            "OriginOverride": True,
        }
    return {"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": {"ResponseHeadersPolicyConfig": config}}


def _delivery(site: Survey) -> Node:
    return {
        "Access": {
            "Type": "AWS::CloudFront::OriginAccessControl",
            "Properties": {
                "OriginAccessControlConfig": {
                    "Name": {"Fn::Sub": "${AWS::StackName}"},
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        },
        "Cache": {
            "Type": "AWS::CloudFront::CachePolicy",
            "Properties": {
                "CachePolicyConfig": {
                    "Name": {"Fn::Sub": "${AWS::StackName}"},
                    "Comment": "As long as each object says; one copy for all readers",
                    "MinTTL": 0,
                    "DefaultTTL": 15,
                    "MaxTTL": 31536000,
                    "ParametersInCacheKeyAndForwardedToOrigin": {
                        "CookiesConfig": {"CookieBehavior": "none"},
                        "HeadersConfig": {"HeaderBehavior": "none"},
                        "QueryStringsConfig": {"QueryStringBehavior": "none"},
                        "EnableAcceptEncodingGzip": True,
                        "EnableAcceptEncodingBrotli": True,
                    },
                }
            },
        },
        "ViewerRequest": {
            "Type": "AWS::CloudFront::Function",
            "Properties": {
                "Name": {"Fn::Sub": "${AWS::StackName}-viewer-request"},
                "AutoPublish": True,
                "FunctionConfig": {"Comment": "Folders lead to their pages", "Runtime": "cloudfront-js-2.0"},
                "FunctionCode": _FUNCTION.read_text(encoding="utf-8"),
            },
        },
        "Page": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "DistributionConfig": {
                    "Enabled": True,
                    "Comment": {"Fn::Sub": "Status page ${HostName}"},
                    "Aliases": [{"Ref": "HostName"}],
                    "HttpVersion": "http2and3",
                    "IPV6Enabled": True,
                    "PriceClass": "PriceClass_All",
                    "DefaultRootObject": "index.html",
                    "ViewerCertificate": {
                        "AcmCertificateArn": {"Ref": "CertificateArn"},
                        "SslSupportMethod": "sni-only",
                        "MinimumProtocolVersion": "TLSv1.2_2021",
                    },
                    "Origins": [
                        {
                            "Id": "bucket",
                            "DomainName": {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]},
                            "OriginAccessControlId": {"Fn::GetAtt": ["Access", "Id"]},
                            "S3OriginConfig": {},
                        }
                    ],
                    "CustomErrorResponses": [
                        {
                            "ErrorCode": code,
                            "ResponseCode": 404,
                            "ResponsePagePath": "/404.html",
                            "ErrorCachingMinTTL": 5,
                        }
                        for code in (403, 404)
                    ],
                    "DefaultCacheBehavior": _behavior(Kind.PAGE),
                    "CacheBehaviors": [
                        {"PathPattern": pattern, **_behavior(kind)} for pattern, kind in _patterns(site)
                    ],
                }
            },
        },
    }


def _patterns(site: Survey) -> list[tuple[str, Kind]]:
    """Give path patterns with what they mean, first match first; everything else is a page or leads to one."""
    pages = [f"/{folder}*" for folder in site.embeds]
    endings = sorted(set(site.types) - {"html", "css", "js", "svg", "woff", "woff2"})
    return [
        *((pattern, Kind.EMBED) for pattern in pages),
        *((f"/assets/*.{ending}", Kind.ASSET) for ending in ("css", "js", "woff2")),
        ("*.svg", Kind.PICTURE),
        *((f"/{folder}*", Kind.OPEN) for folder in _OPEN_FOLDERS),
        *((f"*.{ending}", Kind.OPEN) for ending in (*endings, "js")),
    ]


def _behavior(kind: Kind) -> Node:
    return {
        "TargetOriginId": "bucket",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": ["GET", "HEAD", "OPTIONS"] if shared(kind) else ["GET", "HEAD"],
        "Compress": True,
        "CachePolicyId": {"Ref": "Cache"},
        "ResponseHeadersPolicyId": {"Ref": _NAMES[kind]},
        "FunctionAssociations": [
            {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["ViewerRequest", "FunctionARN"]}}
        ],
    }


def _publisher() -> Node:
    return {
        "Publisher": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Description": "What tidings publish needs, and nothing else",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "s3:ListBucket",
                            "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]},
                        },
                        {
                            "Effect": "Allow",
                            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                            "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
                        },
                    ],
                },
            },
        }
    }


def _archive() -> Node:
    return {
        "ArchiveBucket": {
            "Type": "AWS::S3::Bucket",
            "Condition": "WithArchive",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "ObjectLockEnabled": True,
                "ObjectLockConfiguration": {
                    "ObjectLockEnabled": "Enabled",
                    "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": {"Ref": "ArchiveYears"}}},
                },
                "VersioningConfiguration": {"Status": "Enabled"},
                "PublicAccessBlockConfiguration": _CLOSED,
                "BucketEncryption": _ENCRYPTED,
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            },
        }
    }


class _Dumper(yaml.SafeDumper):
    """Writes every value where it stands, and texts of several lines as such."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Repeat what occurs twice: CloudFormation knows no anchors."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
