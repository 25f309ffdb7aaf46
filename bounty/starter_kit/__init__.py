"""The starter kit: public rows, the model as far as it is open, a notebook, and an example of every kind."""
