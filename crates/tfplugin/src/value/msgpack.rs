//! Values in MessagePack, as they travel. The schema's type drives both directions.

mod read;
mod write;

use super::{Mismatch, Type, Value};

/// An unknown value: an extension of one byte with code 0. What it holds says nothing.
pub(crate) const UNKNOWN: [u8; 3] = [0xd4, 0, 0];
/// An unknown value that won't be null: an extension with code 12, and in it a map in which 1 (nullness) is false. It fits every type.
#[cfg(feature = "testing")]
pub(crate) const NOT_NULL: [u8; 6] = [0xc7, 3, 0x0c, 0x81, 1, 0xc2];

impl Value {
    /// Reads a value of this type, and nothing after it.
    pub(crate) fn from_msgpack(bytes: &[u8], ty: &Type) -> Result<Value, Mismatch> {
        let mut reader = read::Reader::new(bytes);
        let value = reader.value(ty)?;
        match reader.rest {
            [] => Ok(value),
            rest => Err(Mismatch::new(format!("{} bytes after the value", rest.len()))),
        }
    }

    /// Writes a value as this type. Attributes that are missing are written as null.
    pub(crate) fn to_msgpack(&self, ty: &Type) -> Result<Vec<u8>, Mismatch> {
        self.to_msgpack_with(ty, &UNKNOWN)
    }

    /// The same with another notation for what is unknown.
    pub(crate) fn to_msgpack_with(&self, ty: &Type, unknown: &[u8]) -> Result<Vec<u8>, Mismatch> {
        let mut writer = write::Writer { out: Vec::new(), unknown };
        writer.value(self, ty)?;
        Ok(writer.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Value {
        Value::Number(text.parse().unwrap())
    }

    fn round_trip(value: Value, ty: &Type) {
        let bytes = value.to_msgpack(ty).unwrap();
        assert_eq!(Value::from_msgpack(&bytes, ty).unwrap(), value);
    }

    #[test]
    fn numbers_travel_exactly() {
        for text in [
            "0.1",
            "12345678901234567890",
            "9007199254740993",
            "1e30",
            "-9223372036854775808",
            "0",
            "-0.5",
            "0.12345678901234567890",
        ] {
            round_trip(number(text), &Type::Number);
        }
        assert_eq!(number("0.1").to_msgpack(&Type::Number).unwrap(), b"\xa30.1");
        assert_eq!(number("10").to_msgpack(&Type::Number).unwrap(), [10]);
    }

    #[test]
    fn floats_are_read_exactly_and_nan_is_refused() {
        let mut bytes = vec![0xcb];
        bytes.extend(2f64.powi(-30).to_be_bytes());
        let value = Value::from_msgpack(&bytes, &Type::Number).unwrap();
        assert_eq!(value, number("0.000000000931322574615478515625"));
        let nan = [[0xcb].as_slice(), &f64::NAN.to_be_bytes()].concat();
        assert!(Value::from_msgpack(&nan, &Type::Number).is_err());
    }

    #[test]
    fn text_is_composed_in_both_directions() {
        let decomposed = Value::from("e\u{301}");
        let bytes = decomposed.to_msgpack(&Type::String).unwrap();
        assert_eq!(bytes, b"\xa2\xc3\xa9");
        let value = Value::from_msgpack(b"\xa3e\xcc\x81", &Type::String).unwrap();
        assert_eq!(value, Value::from("\u{e9}"));
    }

    #[test]
    fn unknown_values_are_read_with_and_without_promises() {
        let refined = [0xc7, 5, 0x0c, 0x82, 1, 0xc2, 2, 0xa0];
        let read = |bytes: &[u8]| Value::from_msgpack(bytes, &Type::String);
        assert_eq!(read(&refined).unwrap(), Value::Unknown);
        assert_eq!(read(&UNKNOWN).unwrap(), Value::Unknown);
        assert_eq!(Value::Unknown.to_msgpack(&Type::String).unwrap(), UNKNOWN);
        assert!(read(&[0xc7, 5, 0x0c, 0x82]).is_err());
    }

    #[test]
    fn objects_are_written_with_exactly_the_attributes_of_the_type() {
        let ty = Type::Object([("a".to_owned(), Type::Bool), ("b".to_owned(), Type::Bool)].into());
        let bytes = Value::object([("b", Value::Bool(true))]).to_msgpack(&ty).unwrap();
        assert_eq!(bytes, b"\x82\xa1a\xc0\xa1b\xc3");
        let extra = Value::object([("c", Value::Null)]);
        assert!(extra.to_msgpack(&ty).is_err());
    }

    #[test]
    fn every_kind_of_value_survives() {
        let text = r#"["object",{"l":["list","string"],"s":["set","number"],"m":["map","bool"],"t":["tuple",["string","number"]],"d":"dynamic"}]"#;
        let ty = Type::from_json(&serde_json::from_str(text).unwrap()).unwrap();
        let dynamic = Value::Dynamic(Box::new(Type::String), Box::new(Value::Unknown));
        let map = [("k".to_owned(), Value::Bool(false))].into();
        let value = Value::object([
            ("l", Value::List(vec!["a".into(), Value::Null])),
            ("s", Value::Set(vec![number("1"), Value::Unknown])),
            ("m", Value::Map(map)),
            ("t", Value::Tuple(vec!["x".into(), number("0.25")])),
            ("d", dynamic),
        ]);
        round_trip(value, &ty);
    }

    #[test]
    fn lengths_are_not_believed() {
        let list = Type::List(Box::new(Type::String));
        assert!(Value::from_msgpack(&[0xdd, 0xff, 0xff, 0xff, 0xff], &list).is_err());
        assert!(Value::from_msgpack(&[0xdb, 0xff, 0xff, 0xff, 0xff], &Type::String).is_err());
        assert!(Value::from_msgpack(&[0xc0, 0xc0], &Type::String).is_err());
    }

    #[test]
    fn the_depth_of_values_is_bounded() {
        let level = b"\x92\xc4\x12[\"list\",\"dynamic\"]\x91";
        let nested = |levels: usize| [level.repeat(levels), vec![0xc0]].concat();
        assert!(Value::from_msgpack(&nested(8), &Type::Dynamic).is_ok());
        assert!(Value::from_msgpack(&nested(100_000), &Type::Dynamic).is_err());
    }

    #[test]
    fn a_wrong_type_is_found_where_it_is() {
        let ty = Type::Map(Box::new(Type::List(Box::new(Type::Bool))));
        let error = Value::from_msgpack(b"\x81\xa1k\x92\xc3\x01", &ty).unwrap_err();
        let path = crate::Diagnostic::from(error).path.unwrap();
        assert_eq!(path.to_string(), r#"["k"][1]"#);
    }
}
