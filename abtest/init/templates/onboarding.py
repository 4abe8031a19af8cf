"""New customers, each assigned at sign-up."""

SUMMARY = "new customers, each assigned at sign-up: who gets started, who is still active later"

TEXT = """
# An onboarding experiment: does a better first week make more new customers stay?
# Lines to make your own are marked `change:`.

name: $name
title: Onboarding of new customers                  # change: what the report calls it
# change: what you believe, written before the start.
hypothesis: $hypothesis
unit: $unit                                         # change: the column of the customer's id, in every table
timezone: $timezone                                 # change: the zone of the dates below, such as Europe/Helsinki

# Sign-ups of these days are enrolled: four whole weeks, so that every day of the week counts alike. Once the data is
# final, add `through: DATE`, the last day that the events cover completely; before, `lag: 2d` if events arrive late.
period: {start: $start, end: $end}                  # change

# The arms, named as the assignments table writes them. Weights are the planned shares, 1 and 1 for half and half.
arms:                                               # change: names and descriptions
$arms

# New customers only: those who signed up within the period. Both edges are midnight in the zone above.
population:
  eligible: signed_up_at >= period.start and signed_up_at < period.end   # change: a column of data.customers

# `abtest assign` draws the arms; each customer enters the experiment at sign-up, and their windows start then.
assignment: {at: signed_up_at}                      # change: a column of data.customers

# The tables: CSV, Parquet or NDJSON; paths start from this file's folder.
data:                                               # change: paths and columns
  customers: {path: data/customers.csv}
  assignments: {path: data/assignments.csv, arm: arm, at: assigned_at}
  sessions: {path: data/sessions.csv, at: started_at}
  orders: {path: data/orders.csv, at: ordered_at, value: amount}
  unsubscribes: {path: data/unsubscribes.csv, at: unsubscribed_at}

# What is compared. Windows are [from, to) in 24-hour days since each customer's own assignment: whole weeks.
# New customers have no past, so no metric has a covariate.
metrics:
  # primary: it decides. Still around in the second month, when the welcome is long over?
  active_month_2:
    title: Active in weeks 5 to 8
    role: primary
    type: retention
    event: sessions
    window: [28d, 56d]
  # secondary: it explains. Did they get started at all, and what did they spend?
  first_order_14d: {title: First order within 14 days, type: conversion, event: orders, window: [0d, 14d]}
  revenue_56d:
    title: Revenue in 8 weeks
    type: sum
    event: orders
    window: [0d, 56d]
    unit: EUR                                       # change: the currency
    winsorise: 0.99                                 # the largest 1 % of customers are cut down to this quantile
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
