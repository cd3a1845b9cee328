//! The rules a bulk query is checked against before it runs.

use crate::server::plan::{Below, Connection, EdgeOf, Item, PartOf, Plan, Shape, What};

/// Connections in one query.
const CONNECTIONS_MAX: usize = 5;
/// How deep connections stand in each other, the outermost not counted.
const DEPTH_MAX: usize = 2;

#[derive(Default)]
struct Found {
    connections: usize,
    messages: Vec<String>,
}

/// What is wrong with it, in the order of the document.
pub(super) fn broken(plan: &Plan) -> Vec<String> {
    let mut found = Found::default();
    for item in &plan.items {
        if matches!(item.name, "node" | "nodes") {
            found.messages.push(format!("Bulk queries cannot contain a top level `{}` field.", item.name));
        }
        found.item(item, 0, false);
    }
    if found.connections == 0 {
        found.messages.push("Bulk queries must contain at least one connection.".to_owned());
    }
    if found.connections > CONNECTIONS_MAX {
        found.messages.push(format!("Bulk queries cannot contain more than {CONNECTIONS_MAX} connections."));
    }
    found.messages
}

impl Found {
    fn item(&mut self, item: &Item, depth: usize, in_list: bool) {
        let What::Field { below, .. } = &item.what else { return };
        match below {
            Below::Leaf => {}
            Below::Object(shape) => self.shape(shape, depth, in_list),
            Below::List(shape) => self.shape(shape, depth, true),
            Below::Connection(connection) => self.connection(item.name, connection, depth, in_list),
        }
    }

    fn shape(&mut self, shape: &Shape, depth: usize, in_list: bool) {
        let plans: Vec<&Plan> = match shape {
            Shape::One(plan) => vec![plan],
            Shape::Any(plans) => plans.iter().map(|(_, plan)| plan).collect(),
            Shape::Never => vec![],
        };
        for plan in plans {
            let before = self.connections;
            for item in &plan.items {
                self.item(item, depth, in_list);
            }
            let is_parent = depth > 0 && self.connections > before;
            let has_id = plan.items.iter().any(|item| item.name == "id" && item.key == "\"id\":");
            if is_parent && !has_id {
                self.messages.push(
                    "The parent of a nested connection must select its `id` field without an alias."
                        .to_owned(),
                );
            }
        }
    }

    fn connection(&mut self, name: &str, connection: &Connection, depth: usize, in_list: bool) {
        self.connections += 1;
        if in_list {
            self.messages.push(format!(
                "Queries that contain a connection field within a list field are not currently supported: `{name}`."
            ));
        }
        if depth > DEPTH_MAX {
            self.messages
                .push(format!("Bulk queries cannot nest connections more than {DEPTH_MAX} levels deep."));
        }
        let mut nodes = 0;
        for part in &connection.parts {
            match &part.what {
                PartOf::Nodes(_) => self.messages.push(format!(
                    "Bulk queries select `edges {{ node }}`; `nodes` is not supported on `{name}`."
                )),
                PartOf::Edges(parts) => {
                    for part in parts {
                        if let EdgeOf::Node(shape) = &part.what {
                            nodes += 1;
                            self.shape(shape, depth + 1, in_list);
                        }
                    }
                }
                PartOf::Typename(_) | PartOf::PageInfo(_) => {}
            }
        }
        if nodes == 0 {
            self.messages.push(format!("The connection `{name}` must select `edges {{ node }}`."));
        }
    }
}
