use super::{Page, plain};
use crate::{
    function::{Parameter, Signature},
    value::Type,
};

/// The page of a function, `docs/functions/{name}.md`, with an example in HCL.
pub fn render_function(provider: &str, signature: &Signature, example_hcl: Option<&str>) -> String {
    let Signature { name, summary, description, parameters, variadic, .. } = signature;
    let mut page = Page::new(&format!("{name} function - {provider}"), summary);
    page.paragraph(&format!("# function: {name}"));
    page.usage(description, example_hcl);
    page.paragraph("## Signature");
    page.code("text", &line(signature));
    if !(parameters.is_empty() && variadic.is_none()) {
        page.paragraph("## Arguments");
        let lines = parameters.iter().map(|parameter| argument(parameter, ""));
        let lines = lines.chain(variadic.iter().map(|parameter| argument(parameter, "Variadic, ")));
        page.paragraph(&lines.collect::<Vec<_>>().join("\n"));
    }
    page.finish()
}

/// The whole signature in a line, in the notation of other providers' pages.
fn line(signature: &Signature) -> String {
    let declare = |parameter: &Parameter, more: &str| format!("{} {}{more}", parameter.name, short(&parameter.ty));
    let parameters = signature.parameters.iter().map(|parameter| declare(parameter, ""));
    let parameters = parameters.chain(signature.variadic.iter().map(|parameter| declare(parameter, "...")));
    let parameters = parameters.collect::<Vec<_>>().join(", ");
    format!("{}({parameters}) {}", signature.name, short(&signature.returns))
}

/// An item of a numbered list, which counts by itself.
fn argument(parameter: &Parameter, kind: &str) -> String {
    let nullable = if parameter.allow_null { ", Nullable" } else { "" };
    // A list item goes on in lines that are indented.
    let description = parameter.description.replace('\n', "\n   ");
    let item = format!("1. `{}` ({kind}{}{nullable}) {description}", parameter.name, plain(&parameter.ty));
    item.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn short(ty: &Type) -> String {
    plain(ty).to_lowercase().replace("boolean", "bool")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attr, Set};

    const PAGE: &str = r#"---
page_title: "join function - tiny"
subcategory: ""
description: |-
  Words in a row.
---

# function: join

Puts words in a row.

With a **separator** between them.

## Example Usage

```terraform
output "row" { value = provider::tiny::join(", ", true, "a") }
```

## Signature

```text
join(separator string, quoted bool, words set of string...) string
```

## Arguments

1. `separator` (String, Nullable) What stands between them.

   Nothing, if it is null.
1. `quoted` (Boolean) Whether they are quoted.
1. `words` (Variadic, Set of String) The words.
"#;

    fn signature() -> Signature {
        let separator = "What stands between them.\n\nNothing, if it is null.";
        Signature {
            name: "join".to_owned(),
            summary: "Words in a row.".to_owned(),
            description: "Puts words in a row.\n\nWith a **separator** between them.".to_owned(),
            parameters: vec![
                Parameter { allow_null: true, ..Parameter::of::<String>("separator", separator) },
                Parameter::of::<bool>("quoted", "Whether they are quoted."),
            ],
            variadic: Some(Parameter::of::<Set<Attr<String>>>("words", "The words.")),
            returns: Type::String,
        }
    }

    #[test]
    fn a_function_has_the_page_that_the_registry_expects() {
        let example = "output \"row\" { value = provider::tiny::join(\", \", true, \"a\") }\n";
        assert_eq!(render_function("tiny", &signature(), Some(example)), PAGE);
    }

    #[test]
    fn a_function_without_parameters_has_no_list_of_them() {
        let page = render_function("tiny", &Signature { parameters: Vec::new(), variadic: None, ..signature() }, None);
        assert!(page.ends_with("## Signature\n\n```text\njoin() string\n```\n"), "{page}");
    }
}
