//! Schemas as the pages that the Terraform Registry shows.
//! <https://developer.hashicorp.com/terraform/registry/providers/docs>

mod function;

pub use function::render_function;

use std::fmt::Write;

use crate::{
    schema::{Attribute, AttributeType, Nesting, Schema, Usage},
    value::Type,
};

/// The page of a resource, with an example in HCL and a shell command that imports one.
pub fn render_resource(type_name: &str, schema: &Schema, example_hcl: Option<&str>, import_sh: Option<&str>) -> String {
    let provider = type_name.split('_').next().unwrap_or(type_name);
    let mut page = Page::new(&format!("{type_name} Resource - {provider}"), &schema.description);
    page.paragraph(&format!("# {type_name} (Resource)"));
    page.body(schema, example_hcl);
    if let Some(import) = import_sh {
        page.paragraph("## Import");
        page.paragraph("Import is supported using the following syntax:");
        page.code("shell", import);
    }
    page.finish()
}

/// The page of a data source, `docs/data-sources/{name without the provider's}.md`, with an example in HCL.
pub fn render_data_source(type_name: &str, schema: &Schema, example_hcl: Option<&str>) -> String {
    let provider = type_name.split('_').next().unwrap_or(type_name);
    let mut page = Page::new(&format!("{type_name} Data Source - {provider}"), &schema.description);
    page.paragraph(&format!("# {type_name} (Data Source)"));
    page.body(schema, example_hcl);
    page.finish()
}

/// The front page of a provider.
pub fn render_provider(name: &str, schema: &Schema, example_hcl: Option<&str>) -> String {
    let mut page = Page::new(&format!("{name} Provider"), &schema.description);
    page.paragraph(&format!("# {name} Provider"));
    page.body(schema, example_hcl);
    page.finish()
}

struct Page {
    text: String,
}

/// A nested object whose attributes get a section of their own.
struct Section<'a> {
    /// The names from the outermost attribute to this one.
    names: Vec<&'a str>,
    attributes: &'a [Attribute],
    read_only: bool,
}

impl Page {
    fn new(title: &str, description: &str) -> Page {
        let mut text = format!("---\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n");
        let first = description.split("\n\n").next().unwrap_or_default();
        for line in first.lines() {
            text.extend(["  ", line, "\n"]);
        }
        text.push_str("---\n\n");
        Page { text }
    }

    /// What it is, and how it is used.
    fn usage(&mut self, description: &str, example: Option<&str>) {
        self.paragraph(description);
        if let Some(example) = example {
            self.paragraph("## Example Usage");
            self.code("terraform", example);
        }
    }

    fn body(&mut self, schema: &Schema, example: Option<&str>) {
        self.usage(&schema.description, example);
        self.paragraph("## Schema");
        let groups = ["### Required", "### Optional", "### Read-Only"];
        let mut sections = self.attributes(&schema.attributes, &[], false, groups);
        // Sections follow their attribute's list, depth first, so that a page reads from the outside in.
        sections.reverse();
        while let Some(section) = sections.pop() {
            let mut inner = self.section(&section);
            inner.reverse();
            sections.extend(inner);
        }
    }

    fn section<'a>(&mut self, section: &Section<'a>) -> Vec<Section<'a>> {
        let anchor = anchor(&section.names);
        let title = section.names.join(".");
        self.paragraph(&format!("<a id=\"{anchor}\"></a>\n### Nested Schema for `{title}`"));
        let groups = ["Required:", "Optional:", "Read-Only:"];
        self.attributes(section.attributes, &section.names, section.read_only, groups)
    }

    /// Lists attributes by who sets them, and returns those that have attributes of their own.
    fn attributes<'a>(
        &mut self,
        attributes: &'a [Attribute],
        names: &[&'a str],
        read_only: bool,
        groups: [&str; 3],
    ) -> Vec<Section<'a>> {
        let mut sections = Vec::new();
        for (group, title) in groups.iter().enumerate() {
            let mut members: Vec<&Attribute> = attributes.iter().collect();
            members.retain(|attribute| self::group(attribute.usage, read_only) == group);
            members.sort_by(|a, b| a.name.cmp(&b.name));
            if members.is_empty() {
                continue;
            }
            self.paragraph(title);
            for attribute in members {
                let names = [names, &[attribute.name.as_str()]].concat();
                self.attribute(attribute, &names);
                if let AttributeType::Nested { attributes, .. } = &attribute.ty {
                    let read_only = read_only || attribute.usage == Usage::Computed;
                    sections.push(Section { names, attributes, read_only });
                }
            }
            self.text.push('\n');
        }
        sections
    }

    fn attribute(&mut self, attribute: &Attribute, names: &[&str]) {
        let mut kind = match &attribute.ty {
            AttributeType::Plain(ty) => plain(ty),
            AttributeType::Nested { nesting, .. } => match nesting {
                Nesting::Single => "Attributes".to_owned(),
                Nesting::List => "Attributes List".to_owned(),
                Nesting::Set => "Attributes Set".to_owned(),
                Nesting::Map => "Attributes Map".to_owned(),
            },
        };
        let flags = [
            (attribute.sensitive, ", Sensitive"),
            (attribute.write_only, ", Write-only"),
            (attribute.deprecated.is_some(), ", Deprecated"),
        ];
        kind.extend(flags.iter().filter_map(|(on, text)| on.then_some(*text)));
        let mut line = format!("- `{}` ({kind})", attribute.name);
        // A list item goes on in lines that are indented.
        let description = attribute.description.replace('\n', "\n  ");
        let deprecated = attribute.deprecated.as_deref();
        let deprecated = deprecated.map(|text| format!("**Deprecated:** {text}"));
        let nested = matches!(attribute.ty, AttributeType::Nested { .. });
        let nested = nested.then(|| format!("(see [below for nested schema](#{}))", anchor(names)));
        let parts = [Some(description), deprecated, nested];
        for part in parts.into_iter().flatten().filter(|part| !part.is_empty()) {
            line.extend([" ", &part]);
        }
        let lines = line.lines().map(str::trim_end);
        self.text.push_str(&lines.collect::<Vec<_>>().join("\n"));
        self.text.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        // Writing to a string can't fail.
        let _ = write!(self.text, "{}\n\n", text.trim_end());
    }

    fn code(&mut self, language: &str, text: &str) {
        self.paragraph(&format!("```{language}\n{}\n```", text.trim()));
    }

    fn finish(self) -> String {
        format!("{}\n", self.text.trim_end())
    }
}

/// The list that an attribute belongs to. What the user sets inside a result is still a result.
fn group(usage: Usage, read_only: bool) -> usize {
    match usage {
        _ if read_only => 2,
        Usage::Required => 0,
        Usage::Optional | Usage::OptionalComputed => 1,
        Usage::Computed => 2,
    }
}

fn anchor(names: &[&str]) -> String {
    format!("nestedatt--{}", names.join("--"))
}

fn plain(ty: &Type) -> String {
    match ty {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(of) => format!("List of {}", plain(of)),
        Type::Set(of) => format!("Set of {}", plain(of)),
        Type::Map(of) => format!("Map of {}", plain(of)),
        Type::Object(_) => "Object".to_owned(),
        Type::Tuple(_) => "Tuple".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Attr, Model, Set};

    /// A hole.
    #[derive(Clone, Debug, PartialEq, Model)]
    struct Hole {
        /// Across.
        #[attr(required)]
        width: Attr<i64>,
    }

    /// A part.
    #[derive(Clone, Debug, PartialEq, Model)]
    struct Part {
        /// Holes in it.
        #[attr(optional)]
        holes: Attr<Vec<Attr<Hole>>>,
        /// Who made it.
        #[attr(computed)]
        maker: Attr<String>,
    }

    /// A thing, made of parts.
    ///
    /// - first
    /// - second
    #[derive(Clone, Debug, PartialEq, Model)]
    struct Thing {
        /// What it is called.
        ///
        /// Keep it short.
        #[attr(required)]
        name: Attr<String>,
        /// The parts by name.
        #[attr(optional)]
        parts: Attr<BTreeMap<String, Attr<Part>>>,
        /// A password.
        #[attr(optional, write_only, sensitive)]
        password: Attr<String>,
        /// Old words.
        #[attr(optional, deprecated = "Use `name`.")]
        labels: Attr<Set<Attr<String>>>,
        #[attr(computed)]
        id: Attr<String>,
    }

    const PAGE: &str = r##"---
page_title: "tiny_thing Resource - tiny"
subcategory: ""
description: |-
  A thing, made of parts.
---

# tiny_thing (Resource)

A thing, made of parts.

- first
- second

## Example Usage

```terraform
resource "tiny_thing" "a" {}
```

## Schema

### Required

- `name` (String) What it is called.

  Keep it short.

### Optional

- `labels` (Set of String, Deprecated) Old words. **Deprecated:** Use `name`.
- `parts` (Attributes Map) The parts by name. (see [below for nested schema](#nestedatt--parts))
- `password` (String, Sensitive, Write-only) A password.

### Read-Only

- `id` (String)

<a id="nestedatt--parts"></a>
### Nested Schema for `parts`

Optional:

- `holes` (Attributes List) Holes in it. (see [below for nested schema](#nestedatt--parts--holes))

Read-Only:

- `maker` (String) Who made it.

<a id="nestedatt--parts--holes"></a>
### Nested Schema for `parts.holes`

Required:

- `width` (Number) Across.

## Import

Import is supported using the following syntax:

```shell
terraform import tiny_thing.a x
```
"##;

    #[test]
    fn a_resource_has_the_page_that_the_registry_expects() {
        let schema = Schema::of::<Thing>(0);
        let example = Some("resource \"tiny_thing\" \"a\" {}\n");
        let import = Some("terraform import tiny_thing.a x\n");
        let page = render_resource("tiny_thing", &schema, example, import);
        assert_eq!(page, PAGE);
    }

    #[test]
    fn a_data_source_has_the_page_of_a_resource_but_for_the_import() {
        let schema = Schema::of::<Thing>(0);
        let page = render_data_source("tiny_thing", &schema, Some("data \"tiny_thing\" \"a\" {}\n"));
        let (resource, _) = PAGE.split_once("\n## Import").unwrap();
        let expected = resource
            .replace("tiny_thing Resource", "tiny_thing Data Source")
            .replace("(Resource)", "(Data Source)")
            .replace("resource \"", "data \"");
        assert_eq!(page, expected);
    }

    #[test]
    fn a_provider_has_a_page_without_import() {
        let page = render_provider("tiny", &Schema::of::<Hole>(0), None);
        assert!(page.starts_with("---\npage_title: \"tiny Provider\"\n"), "{page}");
        assert!(page.ends_with("- `width` (Number) Across.\n"), "{page}");
    }
}
