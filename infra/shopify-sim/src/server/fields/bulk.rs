//! Bulk operations as they are polled. Objects stand for the operation's number.

use super::{Fields, object};
use crate::server::operations::{Operation, Status};
use crate::server::value::{Object, Type, Value, World};

pub(super) const BULK_OPERATION: Fields = &[
    ("id", |_, at, _| Some(Value::Gid(Type::BulkOperation, at))),
    ("type", |_, _, _| Some(Value::Text("QUERY"))),
    ("status", |w, at, _| Some(Value::Text(operation(w, at)?.status.name()))),
    ("errorCode", |w, at, _| {
        (operation(w, at)?.status == Status::Failed).then_some(Value::Text("INTERNAL_SERVER_ERROR"))
    }),
    ("createdAt", |w, at, _| Some(Value::Time(operation(w, at)?.created_at))),
    ("completedAt", |w, at, _| Some(Value::Time(operation(w, at)?.completed_at?))),
    ("objectCount", |w, at, _| Some(Value::Big(operation(w, at)?.objects))),
    ("rootObjectCount", |w, at, _| Some(Value::Big(operation(w, at)?.roots))),
    ("fileSize", |w, at, _| {
        let operation = operation(w, at)?;
        (operation.status == Status::Completed).then_some(Value::Big(operation.bytes))
    }),
    ("query", |w, at, _| Some(Value::Owned(operation(w, at)?.query))),
    ("url", |w, at, _| {
        let operation = operation(w, at)?;
        let is_there = operation.status == Status::Completed && operation.bytes > 0;
        is_there.then(|| {
            Value::Owned(format!("{}/bulk/{at}.jsonl?signature={}", w.base_url, operation.signature))
        })
    }),
    ("partialDataUrl", |_, _, _| None),
];

pub(super) const RUN_QUERY_PAYLOAD: Fields = &[
    ("bulkOperation", |_, at, _| if at > 0 { object(Type::BulkOperation, at) } else { None }),
    ("userErrors", |w, _, _| {
        let errors = 0i64..i64::try_from(w.user_errors.borrow().len()).ok()?;
        Some(Value::Objects(errors.map(|at| Object::new(Type::BulkOperationUserError, at)).collect()))
    }),
];

pub(super) const CANCEL_PAYLOAD: Fields = &[
    ("bulkOperation", |_, at, _| object(Type::BulkOperation, at)),
    ("userErrors", |w, _, _| {
        let errors = 0i64..i64::try_from(w.user_errors.borrow().len()).ok()?;
        Some(Value::Objects(errors.map(|at| Object::new(Type::BulkOperationUserError, at)).collect()))
    }),
];

pub(super) const USER_ERROR: Fields = &[
    ("code", |w, at, _| Some(Value::Text(super::row(&w.user_errors.borrow(), at)?.code))),
    ("field", |w, at, _| Some(Value::Texts(vec![super::row(&w.user_errors.borrow(), at)?.field]))),
    ("message", |w, at, _| Some(Value::Owned(super::row(&w.user_errors.borrow(), at)?.message.clone()))),
];

fn operation(world: &World<'_>, at: i64) -> Option<Operation> {
    world.operations.load(at)
}
