//! The JSON lines of a bulk query, written into a file that vanishes with the process.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::Ordering;

use crate::server::operations::Progress;
use crate::server::plan::{Below, EdgeOf, Item, PartOf, Plan, Shape, What};
use crate::server::value::{Object, Rows, Type, Value, World};
use crate::server::write;

/// Bytes gathered before they are written.
const CHUNK_BYTES: usize = 256 * 1024;
/// Ungrouped children follow their parents, but not at once: so many parents come first.
const UNGROUPED_PARENTS: usize = 16;

/// Writes all lines; returns the file and its size.
pub(super) fn spool(
    world: &World<'_>,
    plan: &Plan,
    group: bool,
    progress: &Progress,
) -> io::Result<(File, i64)> {
    let file = tempfile::tempfile()?;
    let parents = if group { 1 } else { UNGROUPED_PARENTS };
    let mut spool =
        Spool { world, progress, parents, file, chunk: Vec::with_capacity(CHUNK_BYTES), bytes: 0 };
    let root = Object::new(Type::QueryRoot, 0);
    for item in &plan.items {
        spool.connection(root, item, None)?;
    }
    spool.flush()?;
    Ok((spool.file, spool.bytes))
}

struct Spool<'w, 'a> {
    world: &'w World<'a>,
    progress: &'w Progress,
    parents: usize,
    file: File,
    chunk: Vec<u8>,
    bytes: i64,
}

impl Spool<'_, '_> {
    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.chunk)?;
        self.bytes += i64::try_from(self.chunk.len()).unwrap_or(0);
        self.chunk.clear();
        Ok(())
    }

    /// The lines of one connection of one parent, and of those below.
    fn connection(&mut self, parent: Object, item: &Item, parent_id: Option<Object>) -> io::Result<()> {
        let What::Field { resolve, arguments, below, .. } = &item.what else { return Ok(()) };
        let found = resolve(self.world, parent.at, arguments);
        match (below, found) {
            (Below::Connection(connection), Some(Value::Rows(rows))) => {
                let shape = connection.parts.iter().find_map(|part| match &part.what {
                    PartOf::Edges(parts) => parts.iter().find_map(|part| match &part.what {
                        EdgeOf::Node(shape) => Some(shape),
                        EdgeOf::Typename(_) | EdgeOf::Cursor => None,
                    }),
                    PartOf::Typename(_) | PartOf::Nodes(_) | PartOf::PageInfo(_) => None,
                });
                shape.map_or(Ok(()), |shape| self.rows(&rows, shape, parent_id))
            }
            // A connection may stand in an object: its rows belong to the same parent.
            (Below::Object(shape), Some(Value::Object(inner))) => {
                let Some(plan) = shape.plan(inner.kind) else { return Ok(()) };
                plan.items.iter().try_for_each(|item| self.connection(inner, item, parent_id))
            }
            _ => Ok(()),
        }
    }

    fn rows(&mut self, rows: &Rows, shape: &Shape, parent: Option<Object>) -> io::Result<()> {
        let Some(plan) = shape.plan(rows.kind) else { return Ok(()) };
        let has_children = plan.items.iter().any(has_connection);
        for start in (0..rows.len()).step_by(self.parents) {
            let end = rows.len().min(start + self.parents);
            for place in start..end {
                let Some((_, row)) = rows.get(place) else { continue };
                self.line(Object::new(rows.kind, row), plan, parent)?;
            }
            if !has_children {
                continue;
            }
            for place in start..end {
                let Some((_, row)) = rows.get(place) else { continue };
                let object = Object::new(rows.kind, row);
                for item in plan.items.iter().filter(|item| has_connection(item)) {
                    self.connection(object, item, Some(object))?;
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, object: Object, plan: &Plan, parent: Option<Object>) -> io::Result<()> {
        if self.progress.is_cancelled.load(Ordering::Relaxed) {
            return Err(io::Error::other("the operation was canceled"));
        }
        self.chunk.push(b'{');
        let mut is_first = true;
        for item in plan.items.iter().filter(|item| !is_connection(item)) {
            if !is_first {
                self.chunk.push(b',');
            }
            is_first = false;
            write::field(&mut self.chunk, self.world, object, item);
        }
        match parent.and_then(|parent| Some((parent.kind, self.world.id(parent)?))) {
            Some((kind, id)) => {
                self.chunk.extend_from_slice(if is_first { b"\"__parentId\":" } else { b",\"__parentId\":" });
                write::gid(&mut self.chunk, kind, id);
            }
            None => {
                self.progress.roots.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.progress.objects.fetch_add(1, Ordering::Relaxed);
        self.chunk.extend_from_slice(b"}\n");
        if self.chunk.len() >= CHUNK_BYTES { self.flush() } else { Ok(()) }
    }
}

fn is_connection(item: &Item) -> bool {
    matches!(&item.what, What::Field { below: Below::Connection(_), .. })
}

fn has_connection(item: &Item) -> bool {
    match &item.what {
        What::Typename(_) => false,
        What::Field { below, .. } => match below {
            Below::Connection(_) => true,
            Below::Object(Shape::One(plan)) => plan.items.iter().any(has_connection),
            Below::Object(Shape::Any(plans)) => {
                plans.iter().any(|(_, plan)| plan.items.iter().any(has_connection))
            }
            Below::Object(Shape::Never) | Below::Leaf | Below::List(_) => false,
        },
    }
}
