//! Values that Terraform has written: read and written again, they are the same bytes. See `recorded/record.py`.

use tfplugin::Type;
use tfplugin::testing::{from_msgpack, to_msgpack};

const VALUES: &str = include_str!("../recorded/values.txt");
/// What is promised of an unknown value needn't be repeated.
const REFINED: &str = "refined";

fn recorded() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    VALUES.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (name, hex) = line.split_once(' ').expect("a name and a value");
        let digits = hex.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).expect("hexadecimal"));
        (name, digits.map(|two| u8::from_str_radix(two, 16).expect("hexadecimal")).collect())
    })
}

#[test]
fn what_terraform_has_written_is_read_and_written_as_the_same_bytes() {
    let mut count = 0;
    for (name, bytes) in recorded() {
        let value = from_msgpack(&bytes, &Type::Dynamic).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let written = to_msgpack(&value, &Type::Dynamic).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        if name == REFINED {
            assert!(value.has_unknown() && written.len() < bytes.len(), "{value:?}");
        } else {
            assert_eq!(written, bytes, "{name}: {value:?}");
            count += 1;
        }
    }
    assert_eq!(count, 13);
}
