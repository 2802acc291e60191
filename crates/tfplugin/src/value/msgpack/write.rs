use std::collections::BTreeMap;

use rmp::encode;

use super::UNKNOWN;
use crate::value::{Mismatch, Step, Type, Value, normalised};

/// Appends a value as this type.
pub(super) fn write(out: &mut Vec<u8>, value: &Value, ty: &Type) -> Result<(), Mismatch> {
    match (ty, value) {
        (_, Value::Null) => encode::write_nil(out).map_err(broken),
        (_, Value::Unknown) => {
            out.extend(UNKNOWN);
            Ok(())
        }
        (Type::Bool, Value::Bool(value)) => encode::write_bool(out, *value).map_err(broken),
        (Type::Number, Value::Number(number)) => match number.to_i64() {
            Some(integer) => encode::write_sint(out, integer).map(drop).map_err(broken),
            None => encode::write_str(out, &number.to_string()).map_err(broken),
        },
        (Type::String, Value::String(text)) => write_text(out, text),
        (Type::List(of), Value::List(elements)) | (Type::Set(of), Value::Set(elements)) => {
            write_array(out, elements, std::iter::repeat(of.as_ref()))
        }
        (Type::Tuple(types), Value::Tuple(elements)) if types.len() == elements.len() => {
            write_array(out, elements, types)
        }
        (Type::Map(of), Value::Map(map)) => {
            encode::write_map_len(out, length(map.len())?).map_err(broken)?;
            for (key, value) in map {
                write_text(out, key)?;
                write(out, value, of).map_err(|e| e.under(Step::Key(key.clone())))?;
            }
            Ok(())
        }
        (Type::Object(types), Value::Object(object)) => write_object(out, object, types),
        (Type::Dynamic, Value::Dynamic(ty, value)) => {
            encode::write_array_len(out, 2).map_err(broken)?;
            let json = ty.to_json().to_string();
            encode::write_bin(out, json.as_bytes()).map_err(broken)?;
            write(out, value, ty)
        }
        (expected, found) => Err(Mismatch::kinds(expected, found.kind())),
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) -> Result<(), Mismatch> {
    encode::write_str(out, &normalised(text)).map_err(broken)
}

fn write_array<'t>(
    out: &mut Vec<u8>,
    elements: &[Value],
    types: impl IntoIterator<Item = &'t Type>,
) -> Result<(), Mismatch> {
    encode::write_array_len(out, length(elements.len())?).map_err(broken)?;
    for ((element, ty), index) in elements.iter().zip(types).zip(0i64..) {
        write(out, element, ty).map_err(|e| e.under(Step::Index(index)))?;
    }
    Ok(())
}

fn write_object(
    out: &mut Vec<u8>,
    object: &BTreeMap<String, Value>,
    types: &BTreeMap<String, Type>,
) -> Result<(), Mismatch> {
    if let Some(name) = object.keys().find(|name| !types.contains_key(*name)) {
        return Err(Mismatch::new(format!("unexpected attribute {name:?}")));
    }
    encode::write_map_len(out, length(types.len())?).map_err(broken)?;
    for (name, ty) in types {
        write_text(out, name)?;
        let value = object.get(name).unwrap_or(&Value::Null);
        write(out, value, ty).map_err(|e| e.under(Step::Attribute(name.clone())))?;
    }
    Ok(())
}

fn length(length: usize) -> Result<u32, Mismatch> {
    u32::try_from(length).map_err(|_| Mismatch::new("more elements than can be sent"))
}

fn broken(error: impl std::fmt::Display) -> Mismatch {
    Mismatch::new(error.to_string())
}
