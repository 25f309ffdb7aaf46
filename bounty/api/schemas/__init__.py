"""Shapes of bodies and answers. Each answer is made by one function beside it, from rows that a page would show
too.
"""
