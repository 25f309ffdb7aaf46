"""Reports of wrong labels and the organiser's answers."""
