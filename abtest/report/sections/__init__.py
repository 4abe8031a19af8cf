"""What a report says, a section a file, as blocks made of ready text."""
