drop table snapshots, segments, mirror_months, mirror_loads, customers, variants, products, refund_lines, refunds,
  order_lines, orders;
