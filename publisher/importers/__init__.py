"""Histories of other status pages → files of ours and findings. Pure: text in, text out.

`cstate` and `statuspage` read the foreign text into `draft.Entry`s; `writing` turns entries into the files a writer
would have typed; `plan` compares them with what the repository already holds and says what to write, what is already
there and what is left alone because a person has edited it.

Rules of the house:

1. No word of the source is lost or changed without a finding that names file, line and reason.
2. Nothing is invented: a moment that the source does not know is not given to an update.
3. Same source, same files; running again writes nothing new.
"""
