"""One file with an arm column and outcome columns."""

SUMMARY = "one file with an arm column and outcome columns; no events, no dates"

TEXT = """
# A finished experiment in one wide file: a row per customer, with the arm and what became of them.
# Lines to make your own are marked `change:`. No dates and no event tables are needed.

name: $name
title: Treatment against control                    # change: what the report calls it
# change: what you believe, written before the start.
hypothesis: $hypothesis

# The arms, named as the arm column writes them. Weights are the planned shares, 1 and 1 for half and half.
arms:                                               # change: names and descriptions
$arms

# The file. `unit` is the column of the customer's id, and repeated rows of one customer are found by it. Leave it out
# when each row is one customer and there is no id. `where` keeps the rows that fulfil a condition.
data:
  customers: {path: data/customers.csv, unit: $unit, arm: arm}   # change: path and columns

# What is compared: columns of the file. One of 0 and 1, or true and false, is a rate; other numbers are averaged.
# An empty cell leaves its customer out of that metric, so write 0 where nothing happened.
metrics:
  # primary: it decides. One is best.
  retained:                                         # change: the metric's name is the column, or name it by `column:`
    title: Still a customer after 8 weeks
    role: primary
    type: column
  # secondary: it explains. What they spent before (the covariate) explains part of what they spend now.
  orders: {title: Orders in 8 weeks, type: column}
  revenue:
    title: Revenue in 8 weeks
    type: column
    unit: EUR                                       # change: the currency
    covariate: {column: revenue_before}             # change: a column known before the start; or delete the line
  # guardrail: it must not get worse by more than its margin, here one percentage point, or nothing ships.
  unsubscribed:
    title: Unsubscribed within 8 weeks
    role: guardrail
    type: column
    good: down
    margin: 1pp                                     # change: how much worse you would accept; a business decision

# Columns known before the start, to look at level by level.
segments: [country]                                 # change, or delete the line

# How it is tested: 95 % intervals. With several primary comparisons, p-values are corrected by Holm's method.
analysis: {confidence: 0.95, correction: holm}
report: {formats: [pdf, png]}
"""
