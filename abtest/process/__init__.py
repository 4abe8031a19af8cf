"""The process and what it leaves behind: signals, temporary folders, and files that appear whole or not at all."""
