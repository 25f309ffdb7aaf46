"""Boards beyond the present overall one: of a date, for a group of people, of findings, of columns looked at.

Each is read from rows and arrays that verdicts left behind, in a bounded number of queries whatever the number of
teams; nothing is judged again, and nothing here reads certification or final rows.
"""
