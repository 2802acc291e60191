# Values of every type, as outputs of a plan: Terraform writes those like the values it sends to providers. record.py keeps them.

resource "terraform_data" "unknown" {
  input = "only an apply knows the output"
}

output "bools" {
  value = [true, false]
}

output "whole_numbers" {
  value = tolist([
    0, 1, -1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, 9223372036854775807,
    -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649, -9223372036854775808,
    9223372036854775808, 18446744073709551615, 18446744073709551616, 9007199254740993,
  ])
}

output "fractions" {
  value = tolist([0.5, -0.5, 12.5, 0.1, 1e30, 1.5e300, 1e-7, 123456789012345678901234567890.5, 0.25e-40])
}

output "texts" {
  value = tolist([
    "", "a", "e\u0301", "0123456789012345678901234567890", "01234567890123456789012345678901",
    join("", [for n in range(256) : "x"]), join("", [for n in range(300) : "12345678901234567890"]),
  ])
}

output "sets" {
  value = [toset(["b", "a", "c", "z", "0"]), toset([3, 1, 2]), toset([toset([2, 1]), toset([3]), toset([])])]
}

output "long_lists" {
  value = [[for n in range(16) : n], range(20), toset(range(20))]
}

output "maps" {
  value = tomap({ b = "2", a = "1", "" = "0", "Ä" = "3", "a.b" = "4" })
}

output "nested" {
  value = tomap({ y = { a = null, b = tolist([]) }, x = { a = 1, b = [true] } })
}

output "long_map" {
  value = { for n in range(20) : "key${n}" => n }
}

output "nulls" {
  value = { text = tostring(null), number = tonumber(null), list = tolist(null), any = null }
}

output "any" {
  value = [{ a = 1, c = [{ b = "x" }] }, "b", 1.5, null]
}

output "unknown" {
  value = terraform_data.unknown.output
}

output "partly_unknown" {
  value = { known = "a", unknown = terraform_data.unknown.output, list = [terraform_data.unknown.output] }
}

# What Terraform promises about an unknown value isn't sent back: a provider may forget it.
output "refined" {
  value = ["prefix-${terraform_data.unknown.id}", tolist([for n in [1, 2] : terraform_data.unknown.id])]
}
