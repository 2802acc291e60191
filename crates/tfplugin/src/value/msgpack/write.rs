use std::collections::BTreeMap;

use rmp::encode;

use crate::value::{Mismatch, Number, Step, Type, Value, normalised};

/// Appends values.
pub(super) struct Writer<'a> {
    pub(super) out: Vec<u8>,
    /// What stands for an unknown value.
    pub(super) unknown: &'a [u8],
}

impl Writer<'_> {
    /// Appends a value as this type.
    pub(super) fn value(&mut self, value: &Value, ty: &Type) -> Result<(), Mismatch> {
        match (ty, value) {
            (_, Value::Null) => encode::write_nil(&mut self.out).map_err(broken),
            (_, Value::Unknown) => {
                self.out.extend(self.unknown);
                Ok(())
            }
            (Type::Bool, Value::Bool(value)) => encode::write_bool(&mut self.out, *value).map_err(broken),
            (Type::Number, Value::Number(number)) => self.number(number),
            (Type::String, Value::String(text)) => self.text(text),
            (Type::List(of), Value::List(elements)) | (Type::Set(of), Value::Set(elements)) => {
                self.array(elements, std::iter::repeat(of.as_ref()))
            }
            (Type::Tuple(types), Value::Tuple(elements)) if types.len() == elements.len() => {
                self.array(elements, types)
            }
            (Type::Map(of), Value::Map(map)) => {
                encode::write_map_len(&mut self.out, length(map.len())?).map_err(broken)?;
                for (key, value) in map {
                    self.text(key)?;
                    self.value(value, of).map_err(|e| e.under(Step::Key(key.clone())))?;
                }
                Ok(())
            }
            (Type::Object(types), Value::Object(object)) => self.object(object, types),
            (Type::Dynamic, Value::Dynamic(ty, value)) => {
                encode::write_array_len(&mut self.out, 2).map_err(broken)?;
                let json = ty.to_json().to_string();
                encode::write_bin(&mut self.out, json.as_bytes()).map_err(broken)?;
                self.value(value, ty)
            }
            (expected, found) => Err(Mismatch::kinds(expected, found.kind())),
        }
    }

    /// Like Terraform: an integer where that has room for it, a float where that is exactly the fraction, and digits otherwise.
    fn number(&mut self, number: &Number) -> Result<(), Mismatch> {
        if let Some(integer) = number.to_i64() {
            return encode::write_sint(&mut self.out, integer).map(drop).map_err(broken);
        }
        match number.to_exact_fraction() {
            Some(float) => encode::write_f64(&mut self.out, float).map_err(broken),
            None => encode::write_str(&mut self.out, &number.to_string()).map_err(broken),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Mismatch> {
        encode::write_str(&mut self.out, &normalised(text)).map_err(broken)
    }

    fn array<'t>(&mut self, elements: &[Value], types: impl IntoIterator<Item = &'t Type>) -> Result<(), Mismatch> {
        encode::write_array_len(&mut self.out, length(elements.len())?).map_err(broken)?;
        for ((element, ty), index) in elements.iter().zip(types).zip(0i64..) {
            self.value(element, ty).map_err(|e| e.under(Step::Index(index)))?;
        }
        Ok(())
    }

    fn object(&mut self, object: &BTreeMap<String, Value>, types: &BTreeMap<String, Type>) -> Result<(), Mismatch> {
        if let Some(name) = object.keys().find(|name| !types.contains_key(*name)) {
            return Err(Mismatch::new(format!("unexpected attribute {name:?}")));
        }
        encode::write_map_len(&mut self.out, length(types.len())?).map_err(broken)?;
        for (name, ty) in types {
            self.text(name)?;
            let value = object.get(name).unwrap_or(&Value::Null);
            self.value(value, ty).map_err(|e| e.under(Step::Attribute(name.clone())))?;
        }
        Ok(())
    }
}

fn length(length: usize) -> Result<u32, Mismatch> {
    u32::try_from(length).map_err(|_| Mismatch::new("more elements than can be sent"))
}

fn broken(error: impl std::fmt::Display) -> Mismatch {
    Mismatch::new(error.to_string())
}
