"""The files of a report: each format lays the same document out in its own way."""
