//! One sealed Parquet file back into columns.

use bytes::Bytes;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;

use super::{Error, FORMAT_VERSION, ROWS_MAX, schema};
use crate::columns::{Dataset, country_code};

/// Rows decoded in one step, so that a lie about their number costs little memory.
const STEP_ROWS: usize = 1 << 16;

/// A file whose columns are taken in the order of the schema.
pub(super) struct Rows {
    dataset: Dataset,
    file: SerializedFileReader<Bytes>,
    rows: usize,
    next: usize,
}

impl Rows {
    pub(super) fn open(dataset: Dataset, bytes: &[u8]) -> Result<Self, Error> {
        let foreign = |reason: &str| Error::Foreign { expected: dataset, reason: reason.to_owned() };
        let file = SerializedFileReader::new(Bytes::copy_from_slice(bytes))
            .map_err(|error| foreign(&error.to_string()))?;
        let metadata = file.metadata();
        let note = |key| note(metadata, key);
        if note(schema::DATASET_KEY) != Some(dataset.name()) {
            return Err(foreign("its dataset is another"));
        }
        if note(schema::VERSION_KEY) != Some(FORMAT_VERSION.to_string().as_str()) {
            return Err(foreign("its format version is another"));
        }
        if metadata.file_metadata().schema() != schema::schema(dataset)?.as_ref() {
            return Err(foreign("its schema is another"));
        }
        let rows = match metadata.row_groups() {
            [] => 0,
            [group] => usize::try_from(group.num_rows()).unwrap_or(usize::MAX),
            [_, _, ..] => return Err(foreign("it has several row groups")),
        };
        if rows > ROWS_MAX || usize::try_from(metadata.file_metadata().num_rows()) != Ok(rows) {
            return Err(foreign("its number of rows is impossible"));
        }
        Ok(Self { dataset, file, rows, next: 0 })
    }

    pub(super) fn ints(&mut self) -> Result<Vec<i64>, Error> {
        match self.column()? {
            Some(ColumnReader::Int64ColumnReader(it)) => Ok(self.values(it)?.1),
            Some(_) => Err(self.foreign("a column has another type")),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn optional_ints(&mut self) -> Result<Vec<i64>, Error> {
        match self.column()? {
            Some(ColumnReader::Int64ColumnReader(it)) => {
                let (levels, values) = self.values(it)?;
                self.spread(&levels, values)
            }
            Some(_) => Err(self.foreign("a column has another type")),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn small_ints(&mut self) -> Result<Vec<i32>, Error> {
        match self.column()? {
            Some(ColumnReader::Int32ColumnReader(it)) => Ok(self.values(it)?.1),
            Some(_) => Err(self.foreign("a column has another type")),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn flags(&mut self) -> Result<Vec<bool>, Error> {
        match self.column()? {
            Some(ColumnReader::BoolColumnReader(it)) => Ok(self.values(it)?.1),
            Some(_) => Err(self.foreign("a column has another type")),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn countries(&mut self) -> Result<Vec<u16>, Error> {
        match self.column()? {
            Some(ColumnReader::ByteArrayColumnReader(it)) => {
                let (levels, values) = self.values(it)?;
                let codes = values.iter().map(|bytes| match country_code(self.text(bytes)?) {
                    0 => Err(self.foreign("a country is not two capital letters")),
                    code => Ok(code),
                });
                let codes = codes.collect::<Result<_, _>>()?;
                self.spread(&levels, codes)
            }
            Some(_) => Err(self.foreign("a column has another type")),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn texts(&mut self) -> Result<Vec<String>, Error> {
        match self.column()? {
            Some(ColumnReader::ByteArrayColumnReader(it)) => {
                self.values(it)?.1.iter().map(|bytes| Ok(self.text(bytes)?.to_owned())).collect()
            }
            Some(_) => Err(self.foreign("a column has another type")),
            None => Ok(Vec::new()),
        }
    }

    /// The next column of the schema; `None` where the file has no rows.
    fn column(&mut self) -> Result<Option<ColumnReader>, Error> {
        let column = self.next;
        self.next += 1;
        if self.rows == 0 {
            return Ok(None);
        }
        let reader = self.file.get_row_group(0).and_then(|group| group.get_column_reader(column));
        reader.map(Some).map_err(|error| self.foreign(&error.to_string()))
    }

    /// All definition levels (none for a required column) and values, exactly as many as there are rows.
    fn values<T: DataType>(&self, mut reader: ColumnReaderImpl<T>) -> Result<(Vec<i16>, Vec<T::T>), Error> {
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        let mut read = 0;
        loop {
            // One row more than promised is asked for, so that a column that is too long is noticed.
            let step = STEP_ROWS.min(self.rows + 1 - read);
            let (records, _, _) = reader
                .read_records(step, Some(&mut levels), None, &mut values)
                .map_err(|error| self.foreign(&error.to_string()))?;
            read += records;
            if read > self.rows || (records == 0 && read < self.rows) {
                return Err(self.foreign("a column has another length"));
            }
            if records == 0 {
                return Ok((levels, values));
            }
        }
    }

    /// Puts zeros where there is no value.
    fn spread<T: Default>(&self, levels: &[i16], values: Vec<T>) -> Result<Vec<T>, Error> {
        let mut values = values.into_iter();
        let spread = levels.iter().map(|level| if *level == 0 { Some(T::default()) } else { values.next() });
        spread.collect::<Option<_>>().ok_or_else(|| self.foreign("a column has fewer values than it says"))
    }

    fn text<'a>(&self, bytes: &'a ByteArray) -> Result<&'a str, Error> {
        std::str::from_utf8(bytes.data()).map_err(|_| self.foreign("a text is not UTF-8"))
    }

    fn foreign(&self, reason: &str) -> Error {
        Error::Foreign { expected: self.dataset, reason: reason.to_owned() }
    }
}

fn note<'a>(metadata: &'a ParquetMetaData, key: &str) -> Option<&'a str> {
    let notes = metadata.file_metadata().key_value_metadata()?;
    notes.iter().find(|note| note.key == key)?.value.as_deref()
}
