"""Speed of a whole analysis, process against process: the workload, the methods, and what is measured."""
