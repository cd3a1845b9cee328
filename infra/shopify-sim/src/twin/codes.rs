//! Discount codes, and who uses them when.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::calendar::Calendar;
use super::chance::Chance;
use super::records::Code;

/// Two that always hold, then one each spring and each November.
pub(super) fn all(calendar: &Calendar, timezone: &TimeZone) -> Vec<Code> {
    let instant =
        |day: Date| timezone.to_zoned(day.into()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp());
    let start = instant(calendar.first_day);
    let code = |code: &str, title, percent| Code {
        code: code.to_owned(),
        title,
        percent,
        starts_at: start,
        ends_at: None,
    };
    let mut codes = vec![code("WELCOME10", "Welcome", 10), code("FRIENDS20", "Friends of the house", 20)];
    for year in calendar.first_day.year()..=calendar.last_day.year() {
        let seasons = [
            ("SPRING", "Spring", 15, date(year, 3, 20), date(year, 4, 5)),
            ("BF", "Black Friday", 25, date(year, 11, 22), date(year, 12, 1)),
        ];
        for (name, title, percent, from, to) in seasons {
            if from <= calendar.last_day && to >= calendar.first_day {
                codes.push(Code {
                    code: format!("{name}{}", year % 100),
                    title,
                    percent,
                    starts_at: instant(from),
                    ends_at: Some(instant(to)),
                });
            }
        }
    }
    codes
}

/// The code an order uses, and its percentage.
pub(super) fn choose(
    chance: &mut Chance,
    codes: &[Code],
    now: Timestamp,
    day: Date,
    is_new: bool,
) -> Option<(String, i64)> {
    let (seasonal, always) = (
        chance.permille(if Calendar::is_black_friday(day) { 620 } else { 330 }),
        chance.permille(if is_new { 190 } else { 75 }),
    );
    let running =
        codes.iter().find(|code| code.ends_at.is_some_and(|end| code.starts_at <= now && now < end));
    if let Some(code) = running.filter(|_| seasonal) {
        return Some((code.code.clone(), code.percent));
    }
    let wanted = if is_new { "WELCOME10" } else { "FRIENDS20" };
    let code = codes.iter().find(|code| code.code == wanted).filter(|_| always)?;
    Some((code.code.clone(), code.percent))
}
