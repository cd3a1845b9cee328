use auth::Tenant;
use auth::keys::Keys;
use domain::ids::UserId;
use uuid::Uuid;

use super::{Arguments, List, PageInfo, Position, Window, cursor, open};

const LIST: List = List::AnalysisRequests;

fn tenant() -> Tenant {
    auth::testing::tenant(UserId::new())
}

fn place() -> Position {
    Position { created_at: "2011-12-09T12:50:00.000001Z".parse().unwrap(), id: Uuid::now_v7() }
}

#[test]
fn a_cursor_opens_for_its_tenant_and_its_list_alone() {
    let (keys, alice, bob, place) = (Keys::derive(&[7; 32]), tenant(), tenant(), place());
    let sealed = cursor(&keys, &alice, LIST, place);
    assert_eq!(open(&keys, &alice, LIST, &sealed), Some(place));
    assert_eq!(open(&keys, &bob, LIST, &sealed), None);
    assert_eq!(open(&keys, &alice, List::ProposedActions, &sealed), None);
    assert_eq!(open(&Keys::derive(&[8; 32]), &alice, LIST, &sealed), None);
    for changed in [&sealed[1..], &format!("A{}", &sealed[1..])[..], "", "AAAA", "ä"] {
        assert!(changed == sealed || open(&keys, &alice, LIST, changed).is_none(), "{changed}");
    }
}

#[test]
fn sizes_and_ends_are_checked() {
    let (keys, alice) = (Keys::derive(&[7; 32]), tenant());
    let window =
        |first, last| Window::read(&keys, &alice, LIST, &Arguments { first, last, ..Arguments::default() });
    let size = |first, last| window(first, last).map(|window| (window.size, window.from_end)).ok();
    let cases = [
        (None, None, Some((20, false))),
        (Some(0), None, Some((0, false))),
        (Some(100), None, Some((100, false))),
        (Some(101), None, None),
        (Some(-1), None, None),
        (None, Some(100), Some((100, true))),
        (None, Some(101), None),
        (Some(1), Some(1), None),
    ];
    for (first, last, expected) in cases {
        assert_eq!(size(first, last), expected, "{first:?} {last:?}");
    }
}

#[test]
fn a_page_knows_whether_the_list_goes_on() {
    let (keys, alice, at) = (Keys::derive(&[7; 32]), tenant(), Some(place()));
    let cases = [
        (
            Window { after: None, before: None, size: 2, from_end: false },
            vec!['a', 'b', 'c'],
            "ab",
            true,
            false,
        ),
        (Window { after: at, before: None, size: 2, from_end: false }, vec!['a', 'b'], "ab", false, true),
        (
            Window { after: None, before: None, size: 2, from_end: true },
            vec!['a', 'b', 'c'],
            "bc",
            false,
            true,
        ),
        (Window { after: None, before: at, size: 2, from_end: true }, vec!['a'], "a", true, false),
        (Window { after: None, before: None, size: 0, from_end: false }, vec!['a'], "", true, false),
        (Window { after: None, before: None, size: 0, from_end: true }, vec!['a'], "", false, true),
        (Window { after: None, before: None, size: 2, from_end: false }, vec![], "", false, false),
    ];
    for (window, mut rows, kept, has_next_page, has_previous_page) in cases {
        let info = window.cut(&mut rows, char::to_string);
        assert_eq!(rows.iter().collect::<String>(), kept, "{window:?}");
        let (start_cursor, end_cursor) =
            (rows.first().map(char::to_string), rows.last().map(char::to_string));
        assert_eq!(
            info,
            PageInfo { has_next_page, has_previous_page, start_cursor, end_cursor },
            "{window:?}"
        );
    }
    assert!(
        Window::read(&keys, &alice, LIST, &Arguments { after: Some("x".to_owned()), ..Arguments::default() })
            .is_err()
    );
}
