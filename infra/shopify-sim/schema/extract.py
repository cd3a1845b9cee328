#!/usr/bin/env python3
"""Makes admin_2026-10.fields.txt: the names of the types that the simulator plays, out of the official SDL.

    python3 extract.py < admin_2026-10.graphql > admin_2026-10.fields.txt

One line a field: its name, its arguments (`!` = must be given), what it is (leaf, object, list, connection; a
connection is said by its node) and its type. No descriptions. Source, version and licence stand at the file's head.
"""
import re
import sys

TYPES = """AccessScope ApiVersion App AppInstallation BulkOperation BulkOperationCancelPayload BulkOperationRunQueryPayload BulkOperationUserError
Count CurrencyFormats Customer CustomerEmailAddress CustomerJourneySummary CustomerPhoneNumber CustomerStatistics CustomerVisit
DiscountAllocation DiscountCodeApplication Domain InventoryItem LineItem MailingAddress ManualDiscountApplication MoneyBag MoneyV2 Mutation Order
OrderAdjustment OrderTransaction Product ProductPriceRangeV2 ProductVariant QueryRoot Refund RefundLineItem
RefundShippingLine SEO SelectedOption ShippingLine Shop ShopAddress ShopFeatures ShopPlan TaxLine UTMParameters""".split()

HEAD = """# Shopify Admin GraphQL schema, version 2026-10: names only. Made by extract.py from the official SDL
# (npm package @shopify/dev-mcp 1.16.0, dist/data/admin_2026-10.json.gz; sha256 of the SDL
# 4480810a750b54e516b2ab5312d0a3609526a07538e5688c1d179c05734097d0).
# ISC licence, Copyright 2025-present, Shopify Inc.: permission to use, copy, modify and/or distribute this software for
# any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission
# notice appear in all copies. The software is provided "as is" and the author disclaims all warranties."""


def main():
    sdl = re.sub(r'"""(?:.|\n)*?"""|^ *#.*$', "", sys.stdin.read(), flags=re.M)
    sdl = re.sub(r' @deprecated\(reason: "(?:[^"\\]|\\.)*"\)', "", sdl)
    kinds = dict((name, kind) for kind, name in re.findall(r"^(type|interface|union|scalar|enum|input) (\w+)", sdl, re.M))
    bodies = dict(
        (name, (implements.replace("&", " ").split(), body))
        for name, implements, body in re.findall(r"^type (\w+)(?: implements ([^{]*?))? *\{\n((?:.|\n)*?)^\}", sdl, re.M)
    )
    print(HEAD)
    for name in TYPES:
        implements, body = bodies[name]
        print(f"type {name}" + (" node" if "Node" in implements else ""))
        flat = re.sub(r"\(\s*((?:.|\n)*?)\s*\)(?=:)", lambda m: "(" + ";".join(m[1].split("\n")) + ")", body)
        for field, arguments, result in re.findall(r"^  (\w+)(?:\((.*?)\))?: ([\[\]!\w]+)", flat, re.M):
            print("  " + field + needs(arguments) + " " + describe(result, kinds, bodies))


def needs(arguments):
    """`(first,after)`; an argument that must be given ends in `!`."""
    found = re.findall(r"(\w+): ([\[\]!\w]+)( = )?", arguments)
    names = [name + ("!" if kind.endswith("!") and not default else "") for name, kind, default in found]
    return "(" + ",".join(names) + ")" if names else ""


def describe(result, kinds, bodies):
    name = re.sub(r"[\[\]!]", "", result)
    if kinds.get(name, "scalar") in ("scalar", "enum"):
        return "leaf " + result
    if result.startswith("["):
        return "list " + name
    if name.endswith("Connection"):
        node = re.search(r"^  nodes: \[(\w+)", bodies[name][1], re.M) or re.search(r"^  edges: \[(\w+)Edge", bodies[name][1], re.M)
        return "connection " + node[1]
    return "object " + name + ("!" if result.endswith("!") else "")


main()
