//! Columns into one Parquet file of at most one row group.

use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};

use super::{Error, schema};
use crate::columns::{Columns, country_name};

pub(super) fn file(columns: &Columns) -> Result<Vec<u8>, Error> {
    let dataset = columns.dataset();
    let properties = schema::properties(dataset)?.into();
    let mut file = SerializedFileWriter::new(Vec::new(), schema::schema(dataset)?, properties)?;
    if columns.rows() > 0 {
        let mut group = Group(file.next_row_group()?);
        group.columns(columns)?;
        group.0.close()?;
    }
    Ok(file.into_inner()?)
}

struct Group<'a>(SerializedRowGroupWriter<'a, Vec<u8>>);

impl Group<'_> {
    /// In the order of the schema.
    fn columns(&mut self, columns: &Columns) -> Result<(), ParquetError> {
        match columns {
            Columns::Orders(it) => {
                self.ints(&it.order_id)?;
                self.ints(&it.processed_at)?;
                self.optional_ints(&it.customer_id)?;
                self.countries(&it.country)?;
                for column in [&it.subtotal, &it.discounts, &it.shipping, &it.tax] {
                    self.ints(column)?;
                }
                Ok(())
            }
            Columns::Lines(it) => {
                self.ints(&it.line_id)?;
                self.ints(&it.order_id)?;
                self.optional_ints(&it.product_id)?;
                self.optional_ints(&it.variant_id)?;
                self.small_ints(&it.quantity)?;
                self.ints(&it.gross)?;
                self.ints(&it.discount)?;
                self.flags(&it.gift_card)
            }
            Columns::Returns(it) => {
                for column in [
                    &it.refund_line_id,
                    &it.refund_id,
                    &it.processed_at,
                    &it.order_id,
                    &it.order_processed_at,
                ] {
                    self.ints(column)?;
                }
                self.optional_ints(&it.customer_id)?;
                self.countries(&it.country)?;
                self.optional_ints(&it.product_id)?;
                self.optional_ints(&it.variant_id)?;
                self.small_ints(&it.quantity)?;
                self.ints(&it.subtotal)?;
                self.flags(&it.gift_card)
            }
            Columns::Products(it) => {
                self.ints(&it.product_id)?;
                [&it.title, &it.vendor, &it.product_type]
                    .into_iter()
                    .try_for_each(|column| self.texts(column))
            }
        }
    }

    fn ints(&mut self, values: &[i64]) -> Result<(), ParquetError> {
        self.column(|writer| match writer {
            ColumnWriter::Int64ColumnWriter(it) => it.write_batch(values, None, None).map(Some),
            _ => Ok(None),
        })
    }

    fn optional_ints(&mut self, values: &[i64]) -> Result<(), ParquetError> {
        let (levels, present) = present(values, |value| (*value != 0).then_some(*value));
        self.column(|writer| match writer {
            ColumnWriter::Int64ColumnWriter(it) => it.write_batch(&present, Some(&levels), None).map(Some),
            _ => Ok(None),
        })
    }

    fn small_ints(&mut self, values: &[i32]) -> Result<(), ParquetError> {
        self.column(|writer| match writer {
            ColumnWriter::Int32ColumnWriter(it) => it.write_batch(values, None, None).map(Some),
            _ => Ok(None),
        })
    }

    fn flags(&mut self, values: &[bool]) -> Result<(), ParquetError> {
        self.column(|writer| match writer {
            ColumnWriter::BoolColumnWriter(it) => it.write_batch(values, None, None).map(Some),
            _ => Ok(None),
        })
    }

    fn countries(&mut self, values: &[u16]) -> Result<(), ParquetError> {
        let (levels, present) =
            present(values, |code| country_name(*code).map(|name| ByteArray::from(name.into_bytes())));
        self.column(|writer| match writer {
            ColumnWriter::ByteArrayColumnWriter(it) => {
                it.write_batch(&present, Some(&levels), None).map(Some)
            }
            _ => Ok(None),
        })
    }

    fn texts(&mut self, values: &[String]) -> Result<(), ParquetError> {
        let texts: Vec<_> = values.iter().map(|text| ByteArray::from(text.as_str())).collect();
        self.column(|writer| match writer {
            ColumnWriter::ByteArrayColumnWriter(it) => it.write_batch(&texts, None, None).map(Some),
            _ => Ok(None),
        })
    }

    /// Writes the next column; `None` from `write` says that the schema has another type there.
    fn column(
        &mut self,
        write: impl FnOnce(&mut ColumnWriter<'_>) -> Result<Option<usize>, ParquetError>,
    ) -> Result<(), ParquetError> {
        let Some(mut column) = self.0.next_column()? else {
            return Err(ParquetError::General("the schema has no more columns".into()));
        };
        match write(column.untyped())? {
            Some(_) => column.close(),
            None => Err(ParquetError::General("the schema has another type for this column".into())),
        }
    }
}

/// Definition levels (1 where there is a value) and the values that are there.
fn present<T, V>(values: &[T], value: impl Fn(&T) -> Option<V>) -> (Vec<i16>, Vec<V>) {
    let mut levels = Vec::with_capacity(values.len());
    let mut there = Vec::with_capacity(values.len());
    for item in values {
        let value = value(item);
        levels.push(i16::from(value.is_some()));
        there.extend(value);
    }
    (levels, there)
}
