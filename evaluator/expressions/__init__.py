"""Groups in words: `AGE >= 50 and SEX == 'female'`, our own small language over a schema.

    comparisons     AGE >= 50     18 <= AGE < 30     SEX == 'female'     AGE - EDUC > 20     WORKS == True
    membership      OCC in ('sales', 'service')      RACE not in (1, 2)
    logic           and, or, not, parentheses, True (every row)
    missing         missing(INCOME)
    text            contains(COMMENT, 'refund')      whether the text holds the words, in either case
    odd names       `native-country` == 'Cuba'       backticks around a name that is no plain word

Logic is three-valued: whatever is compared with a missing value is unknown, and unknown is not in the group, under
`not` too: `not (AGE >= 50)` never selects a missing AGE. Values that the schema lists as "not applicable" are
ordinary values to ==, != and in, but have no order and no size: to <, <=, >, >= and in arithmetic they are unknown.
A text is parsed by Python's ast into a handful of nodes of our own; nothing is ever evaluated as Python.
"""

from evaluator.expressions.expression import Expression, parse_expression
from evaluator.expressions.messages import example_expression

__all__ = ["Expression", "example_expression", "parse_expression"]
