"""What answers look like. Each shape is made by one function beside it, from rows that a page would show too."""
