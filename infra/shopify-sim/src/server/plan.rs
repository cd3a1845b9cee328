//! What a document asks for, compiled once into a tree that is then written for each object without looking anything up.

use super::schema::Kind;
use super::value::{Arguments, Resolve, Type};

/// A selection on one concrete type.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) items: Vec<Item>,
    /// Points for the selection itself, as requested.
    pub(super) cost: u64,
}

pub(super) struct Item {
    pub(super) name: &'static str,
    /// The response key, quoted and with its colon.
    pub(super) key: String,
    pub(super) what: What,
}

pub(super) enum What {
    Typename(&'static str),
    Field { resolve: Resolve, arguments: Arguments, below: Below, free: bool },
}

pub(super) enum Below {
    Leaf,
    Object(Shape),
    List(Shape),
    Connection(Box<Connection>),
}

/// A selection on whatever type comes.
pub(super) enum Shape {
    /// Always this type.
    One(Plan),
    /// An interface or a union: one plan a type.
    Any(Vec<(Type, Plan)>),
    /// A type that the simulator never has an object of.
    Never,
}

impl Shape {
    pub(super) fn plan(&self, kind: Type) -> Option<&Plan> {
        match self {
            Self::One(plan) => Some(plan),
            Self::Any(plans) => plans.iter().find(|(of, _)| *of == kind).map(|(_, plan)| plan),
            Self::Never => None,
        }
    }

    pub(super) fn cost(&self) -> u64 {
        match self {
            Self::One(plan) => plan.cost,
            Self::Any(plans) => plans.iter().map(|(_, plan)| plan.cost).max().unwrap_or(0),
            Self::Never => 0,
        }
    }
}

pub(super) struct Connection {
    pub(super) parts: Vec<Part>,
    pub(super) page: Page,
}

pub(super) struct Part {
    pub(super) key: String,
    pub(super) what: PartOf,
}

pub(super) enum PartOf {
    Typename(String),
    Edges(Vec<EdgePart>),
    Nodes(Shape),
    PageInfo(Vec<(String, PageInfo)>),
}

pub(super) struct EdgePart {
    pub(super) key: String,
    pub(super) what: EdgeOf,
}

pub(super) enum EdgeOf {
    Typename(String),
    Cursor,
    Node(Shape),
}

#[derive(Clone, Copy)]
pub(super) enum PageInfo {
    Typename,
    HasNextPage,
    HasPreviousPage,
    StartCursor,
    EndCursor,
}

impl PageInfo {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "__typename" => Some(Self::Typename),
            "hasNextPage" => Some(Self::HasNextPage),
            "hasPreviousPage" => Some(Self::HasPreviousPage),
            "startCursor" => Some(Self::StartCursor),
            "endCursor" => Some(Self::EndCursor),
            _ => None,
        }
    }
}

/// Which part of a connection is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) first: Option<u32>,
    pub(super) last: Option<u32>,
    pub(super) after: Option<String>,
    pub(super) before: Option<String>,
    pub(super) reverse: bool,
}

impl Page {
    /// How many rows at most.
    pub(super) fn size(&self) -> u32 {
        self.first.or(self.last).unwrap_or(0)
    }
}

/// Rows that one page may hold.
pub(super) const PAGE_MAX: i64 = 250;
/// Points that one query may cost.
pub(super) const COST_MAX: u64 = 1_000;

/// `max(1, floor(2 ln n))`, the factor by which a connection's size raises its cost, as fitted on recordings of the
/// real API. The steps stand here as integers: n >= e^(s/2).
pub(super) fn size_factor(rows: u64) -> u64 {
    const STEPS: [u64; 11] = [2, 3, 5, 8, 13, 21, 34, 55, 91, 149, 245];
    STEPS.iter().filter(|&&step| rows >= step).count().max(1) as u64
}

/// Points of a field without what is selected below it.
pub(super) fn own_cost(parent: &str, kind: Kind, of: &str) -> u64 {
    match kind {
        Kind::Leaf => 0,
        Kind::Object | Kind::List if parent == "Mutation" => 10,
        Kind::Object if parent == "QueryRoot" && of == "Count" => 10,
        Kind::Object if matches!(of, "MoneyBag" | "MoneyV2" | "Image" | "PageInfo") => 0,
        Kind::Object | Kind::List => 1,
        Kind::Connection => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::size_factor;

    #[test]
    fn the_size_factor_follows_the_recorded_costs() {
        let recorded = [(1, 1), (2, 1), (3, 2), (5, 3), (10, 4), (20, 5), (50, 7), (100, 9), (250, 11)];
        for (rows, factor) in recorded {
            assert_eq!(size_factor(rows), factor, "{rows} rows");
        }
    }
}
