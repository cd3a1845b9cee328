//! Periods in the shop's time zone.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use metrics::period::{Error, Grain, Period, Slices};
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

fn zones() -> impl Strategy<Value = TimeZone> {
    // Midnight itself is skipped or repeated in the last three; Apia skipped a whole day.
    let names = vec![
        "UTC",
        "America/New_York",
        "Europe/London",
        "America/Havana",
        "America/Sao_Paulo",
        "Pacific/Apia",
    ];
    select(names).prop_map(|name| TimeZone::get(name).unwrap())
}

fn periods() -> impl Strategy<Value = Period> {
    (0_i64..1_500, 1_i64..800).prop_map(|(from, days)| {
        let from = date(2010, 1, 1).checked_add(from.days()).unwrap();
        Period::new(from, from.checked_add(days.days()).unwrap()).unwrap()
    })
}

fn span(from: Date, to: Date) -> Period {
    Period { from, to }
}

proptest! {
    #[test]
    fn slices_tile_the_period(
        period in periods(), zone in zones(), grain in select(vec![Grain::Day, Grain::Week, Grain::Month]),
        offsets in proptest::collection::vec(-0.1_f64..1.1, 0..40),
    ) {
        let slices = Slices::new(&period, grain, &zone).unwrap();
        let (from, to) = period.to_instants(&zone).unwrap();
        prop_assert_eq!((slices.bounds.first(), slices.bounds.last()), (Some(&from), Some(&to)));
        prop_assert!(slices.bounds.is_sorted());
        prop_assert_eq!(slices.starts.len() + 1, slices.bounds.len());
        let spans: Vec<Period> = slices.starts.iter().map(|start| grain.span_of(*start).unwrap()).collect();
        prop_assert!(spans.array_windows().all(|[one, next]| one.to == next.from));
        prop_assert!(spans.first().unwrap().contains(period.from) && spans.last().unwrap().contains(period.last_day()));

        let mut instants: Vec<i64> = offsets.iter().map(|part| from + ((to - from) as f64 * part) as i64).collect();
        instants.sort_unstable();
        let cuts = slices.cut(&instants);
        prop_assert_eq!(cuts.len(), slices.bounds.len());
        for (i, instant) in instants.iter().enumerate() {
            let day = Timestamp::from_microsecond(*instant).unwrap().to_zoned(zone.clone()).date();
            let found = cuts.array_windows().position(|[from, to]| (*from..*to).contains(&i));
            let expected = spans.iter().position(|span| span.contains(day)).filter(|_| period.contains(day));
            prop_assert_eq!(found, expected, "{}", day);
        }
    }

    #[test]
    fn the_period_before_ends_where_this_one_begins(period in periods()) {
        let before = period.previous().unwrap();
        prop_assert_eq!(before.to, period.from);
        prop_assert!(before.days() == period.days() || (before.from.day() == 1 && period.from.day() == 1));
        prop_assert_eq!(before.intersect(&period), None);
        prop_assert_eq!(period.intersect(&period), Some(period));
    }

    #[test]
    fn a_year_before_is_never_empty(period in periods()) {
        let before = period.year_before().unwrap();
        prop_assert!((before.days() - period.days()).abs() <= 1 && before.days() > 0);
    }
}

#[test]
fn days_are_as_long_as_they_were() {
    let hours = |zone: &str, day: Date| {
        let (from, to) = Period::day(day).unwrap().to_instants(&TimeZone::get(zone).unwrap()).unwrap();
        (to - from) / 3_600_000_000
    };
    let days = [
        ("America/New_York", date(2011, 3, 13), 23),
        ("America/New_York", date(2011, 11, 6), 25),
        ("Europe/London", date(2011, 3, 27), 23),
        ("Europe/London", date(2011, 10, 30), 25),
        ("Europe/London", date(2011, 10, 31), 24),
        // Clocks went from 24:00 to 01:00; and Samoa left out the whole 30th.
        ("America/Sao_Paulo", date(2011, 10, 16), 23),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ];
    for (zone, day, expected) in days {
        assert_eq!(hours(zone, day), expected, "{zone} {day}");
    }
}

#[test]
fn named_periods_are_what_a_merchant_means() {
    let today = date(2012, 3, 31);
    let cases = [
        (Period::last_month(today), date(2012, 2, 1), date(2012, 3, 1)),
        (Period::last_month(date(2012, 1, 1)), date(2011, 12, 1), date(2012, 1, 1)),
        (Period::this_month(today), date(2012, 3, 1), date(2012, 4, 1)),
        (Period::this_year(today), date(2012, 1, 1), date(2012, 4, 1)),
        (Period::last_n_days(today, 7), date(2012, 3, 24), today),
        (Period::last_n_months(today, 13), date(2011, 2, 1), date(2012, 3, 1)),
        (Period::month(2012, 2), date(2012, 2, 1), date(2012, 3, 1)),
        (Period::quarter(2011, 4), date(2011, 10, 1), date(2012, 1, 1)),
        (Period::year(2011), date(2011, 1, 1), date(2012, 1, 1)),
        (Period::week_of(date(2011, 1, 2)), date(2010, 12, 27), date(2011, 1, 3)),
        (Period::month_of(today), date(2012, 3, 1), date(2012, 4, 1)),
        (Period::quarter(2012, 1).unwrap().previous(), date(2011, 10, 1), date(2012, 1, 1)),
        (Period::month(2012, 3).unwrap().previous(), date(2012, 2, 1), date(2012, 3, 1)),
        (span(date(2012, 3, 1), date(2012, 3, 11)).previous(), date(2012, 2, 20), date(2012, 3, 1)),
        (Period::month(2013, 2).unwrap().year_before(), date(2012, 2, 1), date(2012, 3, 1)),
        (Period::day(date(2012, 2, 29)).unwrap().year_before(), date(2011, 2, 28), date(2011, 3, 1)),
        (Period::day(date(2012, 2, 28)).unwrap().year_before(), date(2011, 2, 28), date(2011, 3, 1)),
    ];
    for (i, (period, from, to)) in cases.into_iter().enumerate() {
        assert_eq!(period, Ok(span(from, to)), "case {i}");
    }
    assert_eq!(Period::year(2012).map(|year| year.days()), Ok(366));
}

#[test]
fn impossible_periods_are_refused_by_name() {
    let day = date(2011, 1, 1);
    assert_eq!(Period::new(day, day), Err(Error::Empty { from: day, to: day }));
    assert_eq!(Period::last_n_days(day, 0), Err(Error::Empty { from: day, to: day }));
    let to = date(2061, 1, 2);
    assert_eq!(Period::new(day, to), Err(Error::TooLong { from: day, to }));
    assert_eq!(Period::new(day, date(2061, 1, 1)).map(|it| it.days()), Ok(18_263));
    assert_eq!(Period::month(2011, 13), Err(Error::OutOfRange));
    assert_eq!(Period::quarter(2011, 0), Err(Error::OutOfRange));
    assert_eq!(Period::day(Date::MAX), Err(Error::OutOfRange));
    assert_eq!(Period::last_n_days(day, u32::MAX), Err(Error::OutOfRange));
    assert_eq!(Period::last_n_months(day, u32::MAX), Err(Error::OutOfRange));
}
