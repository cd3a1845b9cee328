use std::fs;

use tempfile::TempDir;

use super::{Error, Reason, load};
use crate::sample;
use crate::store::Counts;

/// The sample store with one file written over.
fn store_with(file: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(sample::folder()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    fs::write(folder.path().join(file), text).unwrap();
    folder
}

/// The sample's own file with one text replaced.
fn changed(file: &str, from: &str, to: &str) -> String {
    let text = fs::read_to_string(sample::folder().join(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    text.replacen(from, to, 1)
}

#[test]
fn the_sample_store_is_read_whole() {
    let store = load(&sample::folder()).unwrap();
    let expected = Counts {
        products: 3,
        variants: 4,
        customers: 3,
        orders: 7,
        order_lines: 10,
        refunds: 3,
        refund_lines: 3,
        returns: 1,
        discounts: 1,
    };
    assert_eq!(store.counts(), expected);
}

#[test]
fn broken_folders_are_refused_by_file_line_column_and_reason() {
    let cases = [
        ("order_lines.csv", "12.50,0.00,2.00", "12.505,0.00,2.00"),
        ("order_lines.csv", "12.50,0.00,2.00", "1e3,0.00,2.00"),
        ("order_lines.csv", "12.50,0.00,2.00", "-12.50,0.00,2.00"),
        ("order_lines.csv", "12.50,0.00,2.00", "12.50,99.00,2.00"),
        ("order_lines.csv", "12.50,0.00,2.00", ",0.00,2.00"),
        ("order_lines.csv", "10021,1002,", "10021,9999,"),
        ("order_lines.csv", "10021,1002,", "10011,1002,"),
        ("order_lines.csv", "10021,1002,121,", "10021,1002,999,"),
        ("order_lines.csv", "Harbour Mug,2,12.50", "Harbour Mug,0,12.50"),
        ("order_lines.csv", "0.00,2.00,false", "0.00,2.00,no"),
        ("order_lines.csv", "quantity", "qty"),
        ("order_lines.csv", "line_discount,tax", "line_discount,line_discount"),
        ("orders.csv", "#1003,,", "#1003,999,"),
        ("orders.csv", "2026-02-14T18:00:00-05:00,2026", "2026-02-14 18:00,2026"),
        ("orders.csv", "true,USD", "true,EUR"),
        ("orders.csv", "REFUNDED,UNFULFILLED", "paid back,UNFULFILLED"),
        ("orders.csv", "web,CA,", "web,Canada,"),
        ("orders.csv", "1007,#1007", "minus one,#1007"),
        ("orders.csv", "1007,#1007,,", "1007,#1007,"),
        ("customers.csv", "203,cy", "202,cy"),
        ("variants.csv", "111,11,", "111,19,"),
        ("variants.csv", "4.20,140", "4.20,many"),
        ("refunds.csv", "303,1006", "303,1999"),
        ("refund_lines.csv", "402,302,", "402,399,"),
        ("refund_lines.csv", "402,302,10061", "402,302,99999"),
        ("refund_lines.csv", "402,302,10061", "402,302,10011"),
        ("refund_lines.csv", "1.60,NO_RESTOCK", "1.60,BURNT"),
        ("returns.csv", "501,1006,10061", "501,1006,10011"),
        ("discounts.csv", "percentage", "share"),
        ("store.json", "America/New_York", "America/Gotham"),
        ("store.json", "USD", "dollars"),
        ("store.json", "little-harbour.myshopify.com", "little-harbour.example.com"),
        ("store.json", "\"name\"", "name"),
    ];
    let mut refusals = String::new();
    for (file, from, to) in cases {
        let folder = store_with(file, &changed(file, from, to));
        let error = load(folder.path()).unwrap_err();
        refusals.push_str(&format!("{from:?} -> {to:?}\n    {error}\n"));
    }
    insta::assert_snapshot!(refusals);
}

#[test]
fn a_missing_file_is_an_empty_table_and_a_missing_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = load(folder.path()).unwrap_err();
    assert_eq!((error.line, error.column, error.reason), (None, None, Reason::NotThere));
    fs::copy(sample::folder().join("store.json"), folder.path().join("store.json")).unwrap();
    assert_eq!(load(folder.path()).unwrap().counts().orders, 0);
}

#[test]
fn a_table_in_two_forms_is_refused() {
    let folder = store_with("orders.csv.gz", "");
    let expected = Error { file: "orders.csv".into(), line: None, column: None, reason: Reason::TwoForms };
    assert_eq!(load(folder.path()).unwrap_err(), expected);
}

#[test]
fn columns_come_in_any_order_and_unknown_ones_are_ignored() {
    let text = "colour,accepts_marketing,created_at,id\nred,,2026-01-01T00:00:00Z,203\nblue,true,2026-01-01T00:00:00Z,201\n,false,2026-01-02T00:00:00Z,202\n";
    let store = load(store_with("customers.csv", text).path()).unwrap();
    let read: Vec<(i64, bool)> = store.customers.iter().map(|row| (row.id, row.accepts_marketing)).collect();
    assert_eq!(read, [(201, true), (202, false), (203, false)]);
}
