"""Bytes to text: PDF, Word, web pages, spreadsheets, old office formats, scans, each told by its content.

`reading` is the way in. What parses untrusted binary formats runs in a process of its own (`sandbox`, `child`), which imports
neither pydantic nor anything of the pipeline, so that it starts in a tenth of a second.
"""
