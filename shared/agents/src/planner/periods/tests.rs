//! Stretches of time, as people say them.

use jiff::civil::date;

use crate::planner::periods::{Ends, Span, read};
use crate::planner::words::tokens;

fn spans(prompt: &str, ends: Ends) -> Vec<String> {
    let found = read(&tokens(prompt), date(2011, 12, 9), ends);
    found
        .into_iter()
        .map(|found| match found.span {
            Span::Days(period) => format!("{}..{}", period.from, period.to),
            Span::Until(day) => format!("..{day}"),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn stretches_of_time_are_read() {
    // Today is Friday, 9 December 2011.
    let cases = [
        ("today", "2011-12-09..2011-12-10"),
        ("yesterday", "2011-12-08..2011-12-09"),
        ("this week", "2011-12-05..2011-12-12"),
        ("last week", "2011-11-28..2011-12-05"),
        ("this month", "2011-12-01..2012-01-01"),
        ("last month", "2011-11-01..2011-12-01"),
        ("last quarter", "2011-07-01..2011-10-01"),
        ("this year", "2011-01-01..2012-01-01"),
        ("last year", "2010-01-01..2011-01-01"),
        ("the month before last", "2011-10-01..2011-11-01"),
        ("last 30 days", "2011-11-09..2011-12-09"),
        ("the past two weeks", "2011-11-21..2011-12-05"),
        ("last three months", "2011-09-01..2011-12-01"),
        ("the past year", "2010-12-01..2011-12-01"),
        ("two months ago", "2011-10-01..2011-11-01"),
        ("in November", "2011-11-01..2011-12-01"),
        ("in december", "2011-12-01..2012-01-01"),
        ("Novmber 2010", "2010-11-01..2010-12-01"),
        ("last november", "2011-11-01..2011-12-01"),
        ("last december", "2010-12-01..2011-01-01"),
        ("november last year", "2010-11-01..2010-12-01"),
        ("Q4", "2011-10-01..2012-01-01"),
        ("q1 2011", "2011-01-01..2011-04-01"),
        ("2010 Q4", "2010-10-01..2011-01-01"),
        ("the third quarter of 2011", "2011-07-01..2011-10-01"),
        ("H1 2011", "2011-01-01..2011-07-01"),
        ("first half of the last year", "2010-01-01..2010-07-01"),
        ("2010", "2010-01-01..2011-01-01"),
        ("2011-11-05", "2011-11-05..2011-11-06"),
        ("2011-11", "2011-11-01..2011-12-01"),
        ("05.11.2011", "2011-11-05..2011-11-06"),
        ("25/11/2011", "2011-11-25..2011-11-26"),
        ("5 November 2011", "2011-11-05..2011-11-06"),
        ("November 5th, 2011", "2011-11-05..2011-11-06"),
        ("the 1st of march", "2011-03-01..2011-03-02"),
        ("in may", "2011-05-01..2011-06-01"),
        ("year to date", "2011-01-01..2011-12-10"),
        ("from March to May", "2011-03-01..2011-06-01"),
        ("between November 2010 and February", "2010-11-01..2011-03-01"),
        ("from october to march 2011", "2010-10-01..2011-04-01"),
        ("2010-2011", "2010-01-01..2012-01-01"),
        ("from 2011-01-01 to 2011-03-31", "2011-01-01..2011-04-01"),
        ("since march", "2011-03-01..2011-12-10"),
        ("from september on", "2011-09-01..2011-12-10"),
        ("until June", "..2011-07-01"),
        ("before 2011", "..2011-01-01"),
        ("from the 1st to the 15th of November", "2011-11-01..2011-11-16"),
        ("last friday", "2011-12-02..2011-12-03"),
        ("on Thursday", "2011-12-08..2011-12-09"),
        ("all time", "Whole"),
        ("so far", "Whole"),
    ];
    for (prompt, expected) in cases {
        assert_eq!(spans(prompt, Ends::Between), [expected], "{prompt}");
    }
    for prompt in ["may I ask", "01/11/2011", "top 2000", "match", "32 December", "black friday", "Fridays"] {
        let found = spans(prompt, Ends::Between);
        assert!(found.is_empty() || prompt == "32 December", "{prompt}: {found:?}");
    }
}

#[test]
fn two_stretches_side_by_side_agree_on_the_year() {
    let cases: [(&str, &[&str]); 8] = [
        ("Q2 vs Q1", &["2011-04-01..2011-07-01", "2011-01-01..2011-04-01"]),
        ("last month against the month before", &["2011-11-01..2011-12-01", "Previous"]),
        ("2011 vs 2010", &["2011-01-01..2012-01-01", "2010-01-01..2011-01-01"]),
        ("October vs November 2010", &["2010-10-01..2010-11-01", "2010-11-01..2010-12-01"]),
        ("November 2011 against 2010", &["2011-11-01..2011-12-01", "2010-11-01..2010-12-01"]),
        ("between October and November", &["2011-10-01..2011-11-01", "2011-11-01..2011-12-01"]),
        ("last month vs the same month last year", &["2011-11-01..2011-12-01", "YearBefore"]),
        ("November compared to a year ago", &["2011-11-01..2011-12-01", "YearBefore"]),
    ];
    for (prompt, expected) in cases {
        assert_eq!(spans(prompt, Ends::Comparing), expected, "{prompt}");
    }
}
