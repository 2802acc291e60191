//! Values of Terraform, as they travel. The first byte chooses the type.

use std::collections::BTreeMap;

use tfplugin::Type;
use tfplugin::testing::{from_msgpack, to_msgpack};

/// Whatever is read can be written, and means the same then.
pub fn run(input: &[u8]) {
    let Some((choice, bytes)) = input.split_first() else { return };
    let types = types();
    let ty = &types[usize::from(*choice) % types.len()];
    match from_msgpack(bytes, ty) {
        Ok(value) => {
            let written = to_msgpack(&value, ty).unwrap_or_else(|error| panic!("{value:?}: {error:?}"));
            let again = from_msgpack(&written, ty).unwrap_or_else(|error| panic!("{value:?}: {error:?}"));
            assert_eq!(again, value);
        }
        Err(refusal) => assert!(!refusal.summary.is_empty() && !refusal.detail.is_empty(), "{refusal:?}"),
    }
}

fn types() -> Vec<Type> {
    let of = |ty: &Type| Box::new(ty.clone());
    let object = Type::Object(BTreeMap::from([
        ("a".to_owned(), Type::String),
        ("b".to_owned(), Type::List(of(&Type::Number))),
        ("c".to_owned(), Type::Map(of(&Type::Bool))),
    ]));
    vec![
        Type::Dynamic,
        Type::Number,
        Type::String,
        Type::Set(of(&Type::String)),
        Type::Map(of(&object)),
        Type::Tuple(vec![Type::Bool, object.clone(), Type::Dynamic]),
        object,
    ]
}
