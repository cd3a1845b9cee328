//! A query's filters as tables of codes.

use crate::catalogue::{CustomerType, Dimension, UNKNOWN};
use crate::columns::country_code;
use crate::query::MetricQuery;
use crate::snapshot::Snapshot;

/// `None` keeps everything; otherwise what is kept, by code.
#[derive(Default)]
pub(super) struct Filters {
    products: Option<Vec<bool>>,
    countries: Option<Vec<bool>>,
    kinds: Option<Vec<bool>>,
}

impl Filters {
    /// Of a checked query. A value that the snapshot does not know keeps nothing.
    pub(super) fn new(snapshot: &Snapshot, query: &MetricQuery) -> Self {
        let mut filters = Self::default();
        for filter in &query.filters {
            let values = filter.values.iter().map(String::as_str);
            match filter.dimension {
                Dimension::Product => {
                    let unknown = snapshot.product_codes() - 1;
                    let code = |value: &str| match value {
                        UNKNOWN => Some(unknown),
                        id => snapshot.product_code(id.parse().ok()?),
                    };
                    filters.products = Some(kept(unknown + 1, values.filter_map(code)));
                }
                Dimension::Country => {
                    let unknown = snapshot.country_codes() - 1;
                    let code = |value: &str| match value {
                        UNKNOWN => Some(unknown),
                        letters => snapshot.country_code(country_code(letters)),
                    };
                    filters.countries = Some(kept(unknown + 1, values.filter_map(code)));
                }
                Dimension::CustomerType => {
                    let codes = values.filter_map(CustomerType::parse).map(|kind| kind as usize);
                    filters.kinds = Some(kept(CustomerType::ALL.len(), codes));
                }
                // A checked query has no such filter.
                Dimension::Day | Dimension::Week | Dimension::Month => {}
            }
        }
        filters
    }

    pub(super) const fn by_product(&self) -> bool {
        self.products.is_some()
    }

    pub(super) fn keeps_order(&self, kind: CustomerType, country: u32) -> bool {
        keeps(self.kinds.as_ref(), kind as usize) && keeps(self.countries.as_ref(), country as usize)
    }

    pub(super) fn keeps_product(&self, product: u32) -> bool {
        keeps(self.products.as_ref(), product as usize)
    }
}

fn kept(codes: usize, kept: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut table = vec![false; codes];
    for code in kept {
        if let Some(place) = table.get_mut(code) {
            *place = true;
        }
    }
    table
}

fn keeps(table: Option<&Vec<bool>>, code: usize) -> bool {
    table.is_none_or(|table| table.get(code).copied().unwrap_or(false))
}
