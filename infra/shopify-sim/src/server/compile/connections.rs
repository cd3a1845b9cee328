//! Connections: `edges`, `nodes`, `pageInfo`, and which page of them.

use async_graphql_parser::Pos;
use async_graphql_parser::types::SelectionSet;
use serde_json::{Map, Value as Json};

use super::Compiler;
use crate::server::plan::{
    Connection, EdgeOf, EdgePart, PAGE_MAX, Page, PageInfo, Part, PartOf, size_factor,
};
use crate::server::problem::Problem;

impl<'d> Compiler<'d> {
    pub(super) fn connection(
        &mut self,
        of: &'static str,
        given: &Map<String, Json>,
        sets: &[&'d SelectionSet],
        never: bool,
        pos: Pos,
    ) -> Option<(Connection, u64)> {
        let page = self.page(given, pos)?;
        let name = format!("{of}Connection");
        let mut groups = Vec::new();
        self.collect(&name, sets, &mut groups);
        let (mut parts, mut cost) = (Vec::new(), 0);
        for (key, fields) in groups {
            let Some(&first) = fields.first() else { continue };
            let below: Vec<&'d SelectionSet> =
                fields.iter().map(|field| &field.node.selection_set.node).collect();
            self.path.push(key.to_owned());
            let what = match first.node.name.node.as_str() {
                "__typename" => Some(PartOf::Typename(name.clone())),
                "edges" => {
                    let (edges, below) = self.edges(of, &below, never);
                    cost += below;
                    Some(PartOf::Edges(edges))
                }
                "nodes" => {
                    let shape = self.shape(of, &below, never);
                    cost += shape.cost();
                    Some(PartOf::Nodes(shape))
                }
                "pageInfo" => Some(PartOf::PageInfo(self.page_info(&below))),
                other => {
                    self.problems.push(self.undefined(other, &name, first.pos));
                    None
                }
            };
            self.path.pop();
            parts.extend(what.map(|what| Part { key: format!("{}:", Json::from(key)), what }));
        }
        let total = size_factor(page.size().into()) * (1 + cost);
        Some((Connection { parts, page }, total))
    }

    fn edges(&mut self, of: &'static str, sets: &[&'d SelectionSet], never: bool) -> (Vec<EdgePart>, u64) {
        let name = format!("{of}Edge");
        let mut groups = Vec::new();
        self.collect(&name, sets, &mut groups);
        let (mut parts, mut cost) = (Vec::new(), 0);
        for (key, fields) in groups {
            let Some(&first) = fields.first() else { continue };
            self.path.push(key.to_owned());
            let what = match first.node.name.node.as_str() {
                "__typename" => Some(EdgeOf::Typename(name.clone())),
                "cursor" => Some(EdgeOf::Cursor),
                "node" => {
                    let below: Vec<&'d SelectionSet> =
                        fields.iter().map(|field| &field.node.selection_set.node).collect();
                    let shape = self.shape(of, &below, never);
                    cost += shape.cost();
                    Some(EdgeOf::Node(shape))
                }
                other => {
                    self.problems.push(self.undefined(other, &name, first.pos));
                    None
                }
            };
            self.path.pop();
            parts.extend(what.map(|what| EdgePart { key: format!("{}:", Json::from(key)), what }));
        }
        (parts, cost)
    }

    fn page_info(&mut self, sets: &[&'d SelectionSet]) -> Vec<(String, PageInfo)> {
        let mut groups = Vec::new();
        self.collect("PageInfo", sets, &mut groups);
        let mut parts = Vec::new();
        for (key, fields) in groups {
            let Some(&first) = fields.first() else { continue };
            let name = first.node.name.node.as_str();
            match PageInfo::named(name) {
                Some(part) => parts.push((format!("{}:", Json::from(key)), part)),
                None => self.problems.push(self.undefined(name, "PageInfo", first.pos)),
            }
        }
        parts
    }

    fn page(&mut self, given: &Map<String, Json>, pos: Pos) -> Option<Page> {
        let text = |name: &str| given.get(name).and_then(Json::as_str).map(str::to_owned);
        let mut page = Page {
            first: None,
            last: None,
            after: text("after"),
            before: text("before"),
            reverse: given.get("reverse").and_then(Json::as_bool).unwrap_or(false),
        };
        for (name, place) in [("first", &mut page.first), ("last", &mut page.last)] {
            let Some(value) = given.get(name).filter(|value| !value.is_null()) else { continue };
            let size = value.as_i64().filter(|size| (0..=PAGE_MAX).contains(size));
            let Some(size) = size.and_then(|size| u32::try_from(size).ok()) else {
                let problem = Problem::new(format!("'{name}' must be between 0 and {PAGE_MAX}, not {value}"));
                self.problems.push(problem.at(pos).on(&self.path).with("code", "BAD_REQUEST"));
                return None;
            };
            *place = Some(size);
        }
        if page.first.is_some() == page.last.is_some() && !self.is_bulk {
            let message = match page.first {
                None => "you must provide one of first or last",
                Some(_) => "providing both first and last is not supported",
            };
            self.problems.push(Problem::new(message).at(pos).on(&self.path).with("code", "BAD_REQUEST"));
            return None;
        }
        Some(page)
    }
}
