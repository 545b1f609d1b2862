// CloudFront runs this on every request before it looks into its cache. A private bucket knows no index documents,
// so an address of a folder becomes that of its page. What begins with a dot is the publisher's own and not served.
function handler(event) {
  var request = event.request;
  var uri = request.uri;
  if (/\/\.(?!well-known\/)/.test(uri)) {
    request.uri = "/not/served";
    return request;
  }
  if (uri.endsWith("/")) {
    request.uri = uri + "index.html";
    return request;
  }
  var last = uri.slice(uri.lastIndexOf("/") + 1);
  if (last.indexOf(".") < 0 && uri.indexOf("/objects/") !== 0) {
    // more than one slash at the beginning would name another host
    return { statusCode: 301, statusDescription: "Moved Permanently", headers: { location: { value: uri.replace(/^\/+/, "/") + "/" } } };
  }
  return request;
}
