use std::collections::BTreeMap;

use rmp::Marker;

use crate::value::{Mismatch, Number, Step, Type, Value, normalised};

/// What stands next in the bytes. Lengths are claims: nothing is allocated for them in advance.
enum Token<'a> {
    Null,
    Unknown,
    Bool(bool),
    Number(Number),
    Text(&'a [u8]),
    Array(u32),
    Map(u32),
}

impl Token<'_> {
    fn name(&self) -> &'static str {
        match self {
            Token::Null => "null",
            Token::Unknown => "an unknown value",
            Token::Bool(_) => "a bool",
            Token::Number(_) => "a number",
            Token::Text(_) => "a string",
            Token::Array(_) => "an array",
            Token::Map(_) => "a map",
        }
    }
}

/// Values of a dynamic type may hold such values in turn. Nothing sensible goes deeper than this.
const MAX_DYNAMIC_DEPTH: u32 = 8;

/// What is left to read.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
    dynamic_depth: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes, dynamic_depth: 0 }
    }

    pub(super) fn value(&mut self, ty: &Type) -> Result<Value, Mismatch> {
        match (ty, self.token()?) {
            (_, Token::Null) => Ok(Value::Null),
            (_, Token::Unknown) => Ok(Value::Unknown),
            (Type::Bool, Token::Bool(value)) => Ok(Value::Bool(value)),
            (Type::Number, Token::Number(number)) => Ok(Value::Number(number)),
            (Type::Number, Token::Text(text)) => {
                let number = utf8(text)?.parse();
                let number = number.map_err(|error| Mismatch::new(format!("{error}")))?;
                Ok(Value::Number(number))
            }
            (Type::String, Token::Text(text)) => Ok(Value::String(normalised(utf8(text)?))),
            (Type::List(of), Token::Array(length)) => self.elements(length, of).map(Value::List),
            (Type::Set(of), Token::Array(length)) => self.elements(length, of).map(Value::Set),
            (Type::Tuple(types), Token::Array(length)) if types.len() == length as usize => {
                let types = types.iter().zip(0i64..);
                let elements = types.map(|(ty, i)| self.value(ty).map_err(|e| e.under(Step::Index(i))));
                elements.collect::<Result<_, _>>().map(Value::Tuple)
            }
            (Type::Map(of), Token::Map(length)) => self.map(length, of).map(Value::Map),
            (Type::Object(types), Token::Map(length)) => self.object(length, types),
            (Type::Dynamic, Token::Array(2)) => self.dynamic(),
            (expected, found) => Err(Mismatch::kinds(expected, found.name())),
        }
    }

    fn elements(&mut self, length: u32, of: &Type) -> Result<Vec<Value>, Mismatch> {
        (0..i64::from(length)).map(|index| self.value(of).map_err(|e| e.under(Step::Index(index)))).collect()
    }

    fn map(&mut self, length: u32, of: &Type) -> Result<BTreeMap<String, Value>, Mismatch> {
        let mut map = BTreeMap::new();
        for _ in 0..length {
            let key = normalised(self.key()?);
            let value = self.value(of).map_err(|e| e.under(Step::Key(key.clone())))?;
            map.insert(key, value);
        }
        Ok(map)
    }

    fn object(&mut self, length: u32, types: &BTreeMap<String, Type>) -> Result<Value, Mismatch> {
        let nulls = types.keys().map(|name| (name.clone(), Value::Null));
        let mut object: BTreeMap<String, Value> = nulls.collect();
        for _ in 0..length {
            let name = self.key()?;
            let ty = types.get(name);
            let ty = ty.ok_or_else(|| Mismatch::new(format!("unexpected attribute {name:?}")))?;
            let value = self.value(ty);
            let value = value.map_err(|e| e.under(Step::Attribute(name.to_owned())))?;
            object.insert(name.to_owned(), value);
        }
        Ok(Value::Object(object))
    }

    fn dynamic(&mut self) -> Result<Value, Mismatch> {
        let json = serde_json::from_str(self.key()?).ok();
        let ty = json.as_ref().and_then(Type::from_json);
        let ty = ty.ok_or_else(|| Mismatch::new("a dynamic value without a valid type"))?;
        if self.dynamic_depth == MAX_DYNAMIC_DEPTH {
            return Err(Mismatch::new("dynamic values inside each other too deep"));
        }
        self.dynamic_depth += 1;
        let value = self.value(&ty)?;
        self.dynamic_depth -= 1;
        Ok(Value::Dynamic(Box::new(ty), Box::new(value)))
    }

    fn key(&mut self) -> Result<&'a str, Mismatch> {
        match self.token()? {
            Token::Text(text) => utf8(text),
            other => Err(Mismatch::kinds(&Type::String, other.name())),
        }
    }

    fn token(&mut self) -> Result<Token<'a>, Mismatch> {
        let [first] = self.bytes()?;
        let token = match Marker::from_u8(first) {
            Marker::Null => Token::Null,
            Marker::False => Token::Bool(false),
            Marker::True => Token::Bool(true),
            Marker::FixPos(value) => Token::Number(value.into()),
            Marker::FixNeg(value) => Token::Number(i64::from(value).into()),
            Marker::U8 => Token::Number(u8::from_be_bytes(self.bytes()?).into()),
            Marker::U16 => Token::Number(u16::from_be_bytes(self.bytes()?).into()),
            Marker::U32 => Token::Number(u32::from_be_bytes(self.bytes()?).into()),
            Marker::U64 => Token::Number(u64::from_be_bytes(self.bytes()?).into()),
            Marker::I8 => Token::Number(i64::from(i8::from_be_bytes(self.bytes()?)).into()),
            Marker::I16 => Token::Number(i64::from(i16::from_be_bytes(self.bytes()?)).into()),
            Marker::I32 => Token::Number(i32::from_be_bytes(self.bytes()?).into()),
            Marker::I64 => Token::Number(i64::from_be_bytes(self.bytes()?).into()),
            Marker::F32 => float(f32::from_be_bytes(self.bytes()?).into())?,
            Marker::F64 => float(f64::from_be_bytes(self.bytes()?))?,
            Marker::FixStr(length) => Token::Text(self.take(length.into())?),
            Marker::Str8 | Marker::Bin8 => self.text::<1>()?,
            Marker::Str16 | Marker::Bin16 => self.text::<2>()?,
            Marker::Str32 | Marker::Bin32 => self.text::<4>()?,
            Marker::FixArray(length) => Token::Array(length.into()),
            Marker::Array16 => Token::Array(self.length::<2>()?),
            Marker::Array32 => Token::Array(self.length::<4>()?),
            Marker::FixMap(length) => Token::Map(length.into()),
            Marker::Map16 => Token::Map(self.length::<2>()?),
            Marker::Map32 => Token::Map(self.length::<4>()?),
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 => self.long_extension::<1>()?,
            Marker::Ext16 => self.long_extension::<2>()?,
            Marker::Ext32 => self.long_extension::<4>()?,
            Marker::Reserved => return Err(Mismatch::new("a byte that MessagePack does not use")),
        };
        Ok(token)
    }

    /// Any extension is an unknown value. What it promises about the value (code 12) may be ignored.
    fn extension(&mut self, length: u32) -> Result<Token<'a>, Mismatch> {
        let [_code] = self.bytes()?;
        self.take(length)?;
        Ok(Token::Unknown)
    }

    fn long_extension<const N: usize>(&mut self) -> Result<Token<'a>, Mismatch> {
        let length = self.length::<N>()?;
        self.extension(length)
    }

    fn text<const N: usize>(&mut self) -> Result<Token<'a>, Mismatch> {
        let length = self.length::<N>()?;
        Ok(Token::Text(self.take(length)?))
    }

    fn length<const N: usize>(&mut self) -> Result<u32, Mismatch> {
        let bytes: [u8; N] = self.bytes()?;
        Ok(bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Mismatch> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], Mismatch> {
        let (bytes, rest) = self.rest.split_at_checked(length as usize).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(bytes)
    }
}

fn cut_off() -> Mismatch {
    Mismatch::new("the value is cut off")
}

fn utf8(bytes: &[u8]) -> Result<&str, Mismatch> {
    std::str::from_utf8(bytes).map_err(|_| Mismatch::new("a string that is not UTF-8"))
}

fn float<'a>(value: f64) -> Result<Token<'a>, Mismatch> {
    let number = Number::from_exact_f64(value);
    let number = number.ok_or_else(|| Mismatch::new(format!("{value} is not a number")))?;
    Ok(Token::Number(number))
}
