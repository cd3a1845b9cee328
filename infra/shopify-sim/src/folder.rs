//! Reads a store folder: plain files, one a table, into a [`Store`], or says exactly what is wrong and where.

mod catalogue;
mod orders;
mod refunds;
mod shop;
mod table;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use domain::money::Currency;

use crate::store::{Ids, Store, Text, Texts};

/// A folder that breaks the rules: file, line, column and reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    pub file: String,
    pub line: Option<u64>,
    pub column: Option<&'static str>,
    pub reason: Reason,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// What is wrong with a cell, a row or a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("there is no such file")]
    NotThere,
    #[error("cannot be read: {0}")]
    Unreadable(String),
    #[error("both the plain and the compressed file are there; keep one")]
    TwoForms,
    #[error("the row has {found} cells where the header has {expected}")]
    RowLength { expected: u64, found: u64 },
    #[error("the text is not UTF-8")]
    NotUtf8,
    #[error("the column is missing")]
    ColumnMissing,
    #[error("the column stands twice in the header")]
    ColumnTwice,
    #[error("the cell is empty and must not be")]
    Empty,
    #[error("{0:?} is not an id (a positive integer)")]
    NotAnId(String),
    #[error("{0:?} is not a whole number in its range")]
    NotANumber(String),
    #[error("{0:?} is not a quantity (1 to 2147483647)")]
    NotAQuantity(String),
    #[error("{text:?} is not money: a decimal number of at most {places} decimals")]
    NotMoney { text: String, places: u32 },
    #[error("{0:?} is below zero")]
    Negative(String),
    #[error("{0:?} is not a time (RFC 3339 with an offset)")]
    NotATime(String),
    #[error("{0:?} is neither true nor false")]
    NotABoolean(String),
    #[error("{0:?} is not an ISO 3166 country code (two capitals)")]
    NotACountry(String),
    #[error("{text:?} is none of {allowed}")]
    NotOneOf { text: String, allowed: String },
    #[error("{0:?} is not an ISO 4217 currency code")]
    NotACurrency(String),
    #[error("{0:?} is not a known IANA time zone")]
    NotATimeZone(String),
    #[error("{0:?} is not a myshopify.com domain")]
    NotAShopDomain(String),
    #[error("the amount is in {found}, the store's currency is {expected}")]
    OtherCurrency { found: String, expected: Currency },
    #[error("the id {0} stands twice")]
    Duplicate(i64),
    #[error("there is no {id} in {table}")]
    PointsNowhere { table: &'static str, id: i64 },
    #[error("the order line {line} belongs to another order")]
    OtherOrder { line: i64 },
    #[error("the discount is larger than price x quantity")]
    DiscountTooLarge,
    #[error("the amount is too large")]
    TooLarge,
    #[error("the table has more than 4,294,967,294 rows or texts")]
    TooMany,
}

/// Reads and checks the whole folder. Takes about a second for half a million lines.
pub fn load(folder: &Path) -> Result<Store, Error> {
    let shop = shop::read(folder)?;
    let mut reading = Reading::new(folder, shop.currency);
    let mut products = catalogue::products(&mut reading)?;
    let (variants, variant_ids) = catalogue::variants(&mut reading, &mut products)?;
    let mut customers = catalogue::customers(&mut reading)?;
    let discounts = catalogue::discounts(&mut reading)?;
    let mut orders = orders::orders(&mut reading, &customers)?;
    let (mut lines, line_ids) = orders::lines(&mut reading, &mut orders, &variant_ids)?;
    let (mut refunds, refund_ids) = refunds::refunds(&mut reading, &mut orders)?;
    let refund_lines = refunds::refund_lines(&mut reading, &mut refunds, &refund_ids, &mut lines, &line_ids)?;
    let returns = refunds::returns(&mut reading, &orders, &lines, &line_ids)?;
    orders::settle(&mut orders, &refunds, &returns);
    let customer_orders = orders::by_customer(&orders, &mut customers);
    Ok(Store {
        shop,
        texts: reading.texts,
        products,
        variants,
        customers,
        customer_orders,
        orders,
        lines,
        refunds,
        refund_lines,
        returns,
        discounts,
        variant_ids,
        line_ids,
        refund_ids,
    })
}

/// What the tables' readers share.
struct Reading {
    folder: PathBuf,
    currency: Currency,
    texts: Texts,
    kept: HashMap<Box<str>, Text>,
}

impl Reading {
    fn new(folder: &Path, currency: Currency) -> Self {
        Self { folder: folder.to_owned(), currency, texts: Texts::default(), kept: HashMap::new() }
    }

    /// Keeps a text once, however often it is read.
    fn keep(&mut self, text: &str) -> Result<Text, Reason> {
        if let Some(&kept) = self.kept.get(text) {
            return Ok(kept);
        }
        let kept = self.texts.push(text).ok_or(Reason::TooMany)?;
        self.kept.insert(text.into(), kept);
        Ok(kept)
    }
}

/// Puts rows in the order of `key`, refuses an id that stands twice, and says where each id stands.
/// A row travels with the line of the file it came from.
fn settle_rows<T, K: Ord>(
    file: &str,
    rows: &mut [(u64, T)],
    id: impl Fn(&T) -> i64,
    key: impl Fn(&T) -> K,
) -> Result<Ids, Error> {
    let mut seen: Vec<(i64, u64)> = rows.iter().map(|(line, row)| (id(row), *line)).collect();
    seen.sort_unstable();
    let twice = seen.windows(2).find(|pair| matches!(pair, [(a, _), (b, _)] if a == b));
    if let Some([_, (id, line)]) = twice {
        return Err(Error {
            file: file.to_owned(),
            line: Some(*line),
            column: Some("id"),
            reason: Reason::Duplicate(*id),
        });
    }
    drop(seen);
    if !rows.is_sorted_by(|(_, a), (_, b)| (key(a), id(a)) <= (key(b), id(b))) {
        rows.sort_by_key(|(_, row)| (key(row), id(row)));
    }
    let mut ids: Vec<(i64, u32)> = rows.iter().zip(0u32..).map(|((_, row), at)| (id(row), at)).collect();
    ids.sort_unstable();
    Ok(Ids(ids))
}

/// Leaves the file's line numbers behind.
fn rows_of<T>(rows: Vec<(u64, T)>) -> Vec<T> {
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests;
