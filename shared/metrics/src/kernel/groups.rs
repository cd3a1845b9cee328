//! Groups by number: a group's place is one integer made of the codes of its keys, its slot where its sums stand.

use std::collections::{BTreeSet, HashMap};

use super::scan::Window;
use crate::catalogue::{CustomerType, Dimension};
use crate::query::{Error, GROUPS_MAX};
use crate::snapshot::{NONE, Snapshot};

/// Up to this many places a table of all of them is kept; beyond it a map of those that occur.
const DENSE_PLACES_MAX: u64 = 1 << 20;

/// The dimensions of the rows, the first one outermost: places in ascending order are keys in ascending order.
#[derive(Default)]
pub(super) struct Axes(Vec<Axis>);

struct Axis {
    dimension: Dimension,
    codes: u64,
    stride: u64,
    /// First days of the slices, where the axis is time.
    pub(super) starts: Vec<jiff::civil::Date>,
}

impl Axes {
    pub(super) fn new(snapshot: &Snapshot, by: &[Dimension], window: &Window) -> Self {
        let mut axes = Vec::with_capacity(by.len());
        let mut stride = 1;
        for dimension in by.iter().rev() {
            let (codes, starts) = match dimension {
                Dimension::Day | Dimension::Week | Dimension::Month => {
                    (window.starts.len(), window.starts.clone())
                }
                Dimension::Product => (snapshot.product_codes(), Vec::new()),
                Dimension::Country => (snapshot.country_codes(), Vec::new()),
                Dimension::CustomerType => (CustomerType::ALL.len(), Vec::new()),
            };
            axes.push(Axis { dimension: *dimension, codes: codes as u64, stride, starts });
            stride *= codes as u64;
        }
        axes.reverse();
        Self(axes)
    }

    /// What one step of a dimension's code adds to the place; 0 where rows are not cut by it.
    pub(super) fn stride(&self, of: impl Fn(Dimension) -> bool) -> u64 {
        self.0.iter().find(|axis| of(axis.dimension)).map_or(0, |axis| axis.stride)
    }

    /// The codes of a place, one for each dimension.
    pub(super) fn codes(&self, place: u64) -> impl Iterator<Item = (Dimension, usize)> {
        self.0.iter().map(move |axis| (axis.dimension, ((place / axis.stride) % axis.codes) as usize))
    }

    /// The slice of time that a place lies in; the first where rows are not cut by time.
    pub(super) fn slice(&self, place: u64) -> usize {
        self.codes(place).find(|(dimension, _)| dimension.is_time()).map_or(0, |(_, code)| code)
    }

    /// First day of a slice.
    pub(super) fn start(&self, slice: usize) -> Option<jiff::civil::Date> {
        self.time()?.starts.get(slice).copied()
    }

    fn time(&self) -> Option<&Axis> {
        self.0.iter().find(|axis| axis.dimension.is_time())
    }

    fn places(&self) -> u64 {
        self.0.iter().map(|axis| axis.codes).product()
    }
}

/// The base measures of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) gross: i64,
    pub(super) discounts: i64,
    pub(super) returns: i64,
    pub(super) units: i64,
    pub(super) orders: i64,
    pub(super) customers: i64,
    pub(super) new_customers: i64,
    /// Customers with two or more orders by the end of the group's time.
    pub(super) repeaters: i64,
    pub(super) lines: i64,
    pub(super) returned_lines: i64,
    /// The order counted last, so that its next line does not count it again.
    pub(super) last_order: u32,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            gross: 0,
            discounts: 0,
            returns: 0,
            units: 0,
            orders: 0,
            customers: 0,
            new_customers: 0,
            repeaters: 0,
            lines: 0,
            returned_lines: 0,
            last_order: NONE,
        }
    }
}

pub(super) struct Groups {
    slots: Slots,
    pub(super) places: Vec<u64>,
    pub(super) sums: Vec<Sums>,
}

enum Slots {
    Dense(Vec<u32>),
    Sparse(HashMap<u64, u32>),
}

impl Groups {
    pub(super) fn new(axes: &Axes) -> Self {
        let places = axes.places();
        let slots = if places <= DENSE_PLACES_MAX {
            Slots::Dense(vec![NONE; places as usize])
        } else {
            Slots::Sparse(HashMap::new())
        };
        Self { slots, places: Vec::new(), sums: Vec::new() }
    }

    /// The one group of a query without dimensions.
    pub(super) fn of_whole(total: Sums) -> Self {
        Self { slots: Slots::Dense(vec![0]), places: vec![0], sums: vec![total] }
    }

    /// What a scan without axes found.
    pub(super) fn whole(&self) -> Sums {
        self.sums.first().copied().unwrap_or_default()
    }

    /// The slot of a place, made if it is new. There are never more groups than rows, which 32 bits count.
    #[inline]
    pub(super) fn slot(&mut self, place: u64) -> usize {
        let next = self.places.len();
        let slot = match &mut self.slots {
            Slots::Dense(table) => &mut table[place as usize],
            Slots::Sparse(map) => map.entry(place).or_insert(NONE),
        };
        if *slot == NONE {
            *slot = next as u32;
            self.places.push(place);
            self.sums.push(Sums::default());
        }
        *slot as usize
    }

    /// Adds the slices of time in which nothing happened, for every other key that occurs.
    pub(super) fn fill_time(&mut self, axes: &Axes) -> Result<(), Error> {
        let Some(time) = axes.time() else { return Ok(()) };
        let mut others: BTreeSet<u64> = BTreeSet::new();
        if axes.0.len() == 1 {
            others.insert(0);
        }
        others.extend(self.places.iter().map(|place| place - axes.slice(*place) as u64 * time.stride));
        let found = others.len().saturating_mul(time.codes as usize);
        if found > GROUPS_MAX {
            return Err(Error::TooManyGroups { found });
        }
        for other in others {
            for slice in 0..time.codes {
                self.slot(other + slice * time.stride);
            }
        }
        Ok(())
    }
}
