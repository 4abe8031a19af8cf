"""Lapsed customers, with a hold-out."""

SUMMARY = "lapsed customers and a hold-out: who comes back because of it, and what that earns"

TEXT = """
# A win-back experiment: who comes back because we asked, and does it pay?
# Lines to make your own are marked `change:`.

name: $name
title: Winning back lapsed customers                # change: what the report calls it
# change: what you believe, written before the start.
hypothesis: $hypothesis
unit: $unit                                         # change: the column of the customer's id, in every table
timezone: $timezone                                 # change: the zone of the dates below, such as Europe/Helsinki

# Enrolment: one week. Once the data is final, add `through: DATE`, the last day that the events cover completely; until
# then `lag: 2d`, if events arrive late.
period: {start: $start, end: $end}                  # change

# The hold-out is the control: it gets nothing, and shows who would have come back anyway. Without it, every customer
# who returns looks like a success. Weights are the planned shares; a small hold-out is cheap, but not a tiny one.
arms:                                               # change: names, weights, descriptions
$arms

# Lapsed: no order in the 90 days before the start. The column must be frozen at the start: take the customers' export
# on that day and keep it. In a later one it has moved for everyone who came back, and they would be left out.
population:
  eligible: last_order_at_start < $lapsed             # change: the column, and the start less 90 days

# The tables: CSV, Parquet or NDJSON; paths start from this file's folder.
data:                                               # change: paths and columns
  customers: {path: data/customers.csv}
  assignments: {path: data/assignments.csv, arm: arm, at: assigned_at}
  orders: {path: data/orders.csv, at: ordered_at, value: amount}
  unsubscribes: {path: data/unsubscribes.csv, at: unsubscribed_at}

# What is compared. Windows are [from, to) in 24-hour days since each customer's own assignment: whole weeks.
metrics:
  # primary: it decides. Did they order again at all? Two arms against the hold-out share one correction.
  returned_8w:
    title: Ordered again within 8 weeks
    role: primary
    type: conversion
    event: orders
    window: [0d, 56d]
  # secondary: it explains. Revenue per customer addressed, those who did not return included as 0.
  revenue_56d:
    title: Revenue in 8 weeks
    type: sum
    event: orders
    window: [0d, 56d]
    unit: EUR                                       # change: the currency
    covariate: {column: revenue_before}             # change: what they spent before they lapsed; or delete the line
  # Did they stay once the campaign was over, or only take the voucher?
  stayed_12w: {title: Ordered in weeks 9 to 12, type: retention, event: orders, window: [56d, 84d]}
  # guardrail: it must not get worse by more than its margin, here one percentage point, or nothing ships.
  unsubscribed_56d:
    title: Unsubscribed in 8 weeks
    role: guardrail
    type: conversion
    event: unsubscribes
    window: [0d, 56d]
    good: down
    margin: 1pp                                     # change: how much worse you would accept; a business decision

# How it is tested: 95 % intervals. With several primary comparisons, p-values are corrected by Holm's method.
analysis: {confidence: 0.95, correction: holm}
report: {formats: [pdf, png]}
"""
