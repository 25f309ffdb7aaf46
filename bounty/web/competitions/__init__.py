"""Pages of a competition: the list, its overview, its rules, its data, and the glossary."""
