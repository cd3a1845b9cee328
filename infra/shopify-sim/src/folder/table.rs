//! One file of a folder, row by row, cell by cell, each cell parsed where it is first seen.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};

use csv::StringRecord;
use domain::money;
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;

use super::{Error, Reading, Reason};
use crate::store::Text;

/// A column of an open table; absent optional columns read as empty.
#[derive(Clone, Copy)]
pub(super) struct Column {
    name: &'static str,
    at: Option<usize>,
}

pub(super) struct Table {
    pub(super) file: String,
    header: StringRecord,
    /// `None`: the file is missing, which is an empty table.
    reader: Option<csv::Reader<Box<dyn Read>>>,
    record: StringRecord,
    line: u64,
}

impl Table {
    /// Opens `name.csv` or `name.csv.gz`.
    pub(super) fn open(reading: &Reading, name: &str) -> Result<Self, Error> {
        let (plain, packed) = (format!("{name}.csv"), format!("{name}.csv.gz"));
        let found = (open(reading, &plain)?, open(reading, &packed)?);
        let (file, bytes): (String, Option<Box<dyn Read>>) = match found {
            (Some(_), Some(_)) => return Err(of_file(plain, Reason::TwoForms)),
            (Some(file), None) => (plain, Some(Box::new(BufReader::with_capacity(1 << 16, file)))),
            (None, Some(file)) => {
                (packed, Some(Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file)))))
            }
            (None, None) => (plain, None),
        };
        let mut table =
            Self { file, header: StringRecord::new(), reader: None, record: StringRecord::new(), line: 1 };
        if let Some(bytes) = bytes {
            let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 16).from_reader(bytes);
            table.header = reader.headers().map_err(|error| table.broken(&error))?.clone();
            table.reader = Some(reader);
        }
        Ok(table)
    }

    /// A column that a table must have.
    pub(super) fn needed(&self, name: &'static str) -> Result<Column, Error> {
        let column = self.column(name)?;
        if self.reader.is_some() && column.at.is_none() {
            return Err(self.refuse(Some(name), Reason::ColumnMissing));
        }
        Ok(column)
    }

    /// A column that may be absent.
    pub(super) fn column(&self, name: &'static str) -> Result<Column, Error> {
        let mut places = self.header.iter().enumerate().filter(|&(_, found)| found == name).map(|(at, _)| at);
        let at = places.next();
        match places.next() {
            Some(_) => Err(self.refuse(Some(name), Reason::ColumnTwice)),
            None => Ok(Column { name, at }),
        }
    }

    /// Goes to the next row; false at the end.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        let Some(reader) = &mut self.reader else { return Ok(false) };
        match reader.read_record(&mut self.record) {
            Ok(more) => {
                self.line = self.record.position().map_or(self.line, csv::Position::line);
                Ok(more)
            }
            Err(error) => Err(self.broken(&error)),
        }
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    fn refuse(&self, column: Option<&'static str>, reason: Reason) -> Error {
        Error { file: self.file.clone(), line: Some(self.line), column, reason }
    }

    pub(super) fn wrong(&self, column: Column, reason: Reason) -> Error {
        self.refuse(Some(column.name), reason)
    }

    fn broken(&self, error: &csv::Error) -> Error {
        let line = error.position().map(csv::Position::line);
        let reason = match error.kind() {
            csv::ErrorKind::Utf8 { .. } => Reason::NotUtf8,
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                Reason::RowLength { expected: *expected_len, found: *len }
            }
            csv::ErrorKind::Io(error) => Reason::Unreadable(error.to_string()),
            _ => Reason::Unreadable(error.to_string()),
        };
        Error { file: self.file.clone(), line, column: None, reason }
    }

    pub(super) fn cell(&self, column: Column) -> Option<&str> {
        column.at.and_then(|at| self.record.get(at)).filter(|cell| !cell.is_empty())
    }

    /// A cell that must not be empty.
    pub(super) fn full(&self, column: Column) -> Result<&str, Error> {
        self.cell(column).ok_or_else(|| self.wrong(column, Reason::Empty))
    }

    pub(super) fn text(&self, column: Column, reading: &mut Reading) -> Result<Text, Error> {
        let cell = self.full(column)?;
        reading.keep(cell).map_err(|reason| self.wrong(column, reason))
    }

    pub(super) fn maybe_text(&self, column: Column, reading: &mut Reading) -> Result<Option<Text>, Error> {
        self.cell(column)
            .map(|cell| reading.keep(cell).map_err(|reason| self.wrong(column, reason)))
            .transpose()
    }

    /// One of Shopify's own words for this column.
    pub(super) fn one_of(
        &self,
        column: Column,
        allowed: &[&str],
        reading: &mut Reading,
    ) -> Result<Option<Text>, Error> {
        let Some(cell) = self.cell(column) else { return Ok(None) };
        if !allowed.contains(&cell) {
            let reason = Reason::NotOneOf { text: cell.to_owned(), allowed: allowed.join(", ") };
            return Err(self.wrong(column, reason));
        }
        reading.keep(cell).map(Some).map_err(|reason| self.wrong(column, reason))
    }

    pub(super) fn country(&self, column: Column, reading: &mut Reading) -> Result<Option<Text>, Error> {
        let Some(cell) = self.cell(column) else { return Ok(None) };
        if cell.len() != 2 || !cell.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(self.wrong(column, Reason::NotACountry(cell.to_owned())));
        }
        reading.keep(cell).map(Some).map_err(|reason| self.wrong(column, reason))
    }

    pub(super) fn id(&self, column: Column) -> Result<i64, Error> {
        self.full(column)?;
        self.maybe_id(column)?.ok_or_else(|| self.wrong(column, Reason::Empty))
    }

    pub(super) fn maybe_id(&self, column: Column) -> Result<Option<i64>, Error> {
        let Some(cell) = self.cell(column) else { return Ok(None) };
        let id = cell.parse::<i64>().ok().filter(|&id| id > 0 && !cell.starts_with('+'));
        id.map(Some).ok_or_else(|| self.wrong(column, Reason::NotAnId(cell.to_owned())))
    }

    pub(super) fn maybe_number(&self, column: Column) -> Result<Option<i64>, Error> {
        let Some(cell) = self.cell(column) else { return Ok(None) };
        let number =
            cell.parse::<i32>().map_err(|_| self.wrong(column, Reason::NotANumber(cell.to_owned())))?;
        Ok(Some(number.into()))
    }

    pub(super) fn quantity(&self, column: Column) -> Result<i32, Error> {
        let cell = self.full(column)?;
        let quantity = cell.parse::<i32>().ok().filter(|&quantity| quantity > 0);
        quantity.ok_or_else(|| self.wrong(column, Reason::NotAQuantity(cell.to_owned())))
    }

    /// Minor units, never below zero.
    pub(super) fn maybe_money(&self, column: Column, reading: &Reading) -> Result<Option<i64>, Error> {
        let Some(cell) = self.cell(column) else { return Ok(None) };
        let places = reading.currency.exponent();
        match money::parse_minor(cell, places) {
            Some(minor) if minor < 0 => Err(self.wrong(column, Reason::Negative(cell.to_owned()))),
            Some(minor) => Ok(Some(minor)),
            None => Err(self.wrong(column, Reason::NotMoney { text: cell.to_owned(), places })),
        }
    }

    /// Minor units; an empty cell is zero.
    pub(super) fn money(&self, column: Column, reading: &Reading) -> Result<i64, Error> {
        Ok(self.maybe_money(column, reading)?.unwrap_or(0))
    }

    pub(super) fn maybe_time(&self, column: Column) -> Result<Option<Timestamp>, Error> {
        let Some(cell) = self.cell(column) else { return Ok(None) };
        let time = cell.parse().map_err(|_| self.wrong(column, Reason::NotATime(cell.to_owned())))?;
        Ok(Some(time))
    }

    pub(super) fn time(&self, column: Column) -> Result<Timestamp, Error> {
        self.maybe_time(column)?.ok_or_else(|| self.wrong(column, Reason::Empty))
    }

    /// An empty cell is false.
    pub(super) fn flag(&self, column: Column) -> Result<bool, Error> {
        match self.cell(column) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(self.wrong(column, Reason::NotABoolean(other.to_owned()))),
        }
    }
}

fn open(reading: &Reading, file: &str) -> Result<Option<File>, Error> {
    match File::open(reading.folder.join(file)) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(of_file(file.to_owned(), Reason::Unreadable(error.to_string()))),
    }
}

fn of_file(file: String, reason: Reason) -> Error {
    Error { file, line: None, column: None, reason }
}
