// The kinds of charts of the loop's page: each makes ECharts' options from the data beside it.
(function () {
  "use strict";

  function base(token) {
    return {
      ink: token("--ink-soft"),
      line: token("--line"),
      card: token("--card"),
      text: token("--ink"),
      scale: [token("--accent-soft"), token("--accent")],
      common: {
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
        animation: false
      }
    };
  }

  function axis(look, type, data) {
    return { type: type, data: data, axisLabel: { color: look.ink }, axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } }, splitLine: { show: type === "value", lineStyle: { color: look.line } } };
  }

  function heat(data, token) {
    const look = base(token);
    return Object.assign(look.common, {
      grid: { left: 8, right: 8, top: 8, bottom: 48, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      tooltip: { confine: true, formatter: function (p) { return data.rows[p.value[1]] + " " + data.names[p.value[0]] + ":00 — " + p.value[2]; } },
      xAxis: axis(look, "category", data.names),
      yAxis: Object.assign(axis(look, "category", data.rows), { inverse: true }),
      visualMap: { min: 0, max: Math.max(1, data.most), calculable: false, orient: "horizontal", left: 8, bottom: 0, itemHeight: 120, text: [String(data.most), "0"], textStyle: { color: look.ink }, inRange: { color: look.scale } },
      series: [{ type: "heatmap", data: data.cells, itemStyle: { borderColor: look.card, borderWidth: 2, borderRadius: 3 } }]
    });
  }

  function stacked(data, token) {
    const look = base(token);
    const narrow = window.innerWidth < 768;
    const names = axis(look, "category", data.names);
    const values = Object.assign(axis(look, "value"), { minInterval: 1 });
    if (data.sideways) {
      names.inverse = true;
      names.axisLabel = { color: look.ink, width: narrow ? 96 : 150, overflow: "truncate" };
    }
    const colours = data.series.length > 3
      ? [token("--line"), token("--grey"), token("--accent"), token("--yellow"), token("--red")]
      : [token("--accent"), token("--yellow"), token("--red")];
    return Object.assign(look.common, {
      color: colours,
      grid: { left: 8, right: 16, top: narrow ? 64 : 36, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: { top: 0, left: 0, textStyle: { color: look.ink }, itemWidth: 12, itemHeight: 8 },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, confine: true },
      xAxis: data.sideways ? values : names,
      yAxis: data.sideways ? names : values,
      series: data.series.map(function (one) {
        return { name: one.name, type: "bar", stack: "all", data: one.data, barMaxWidth: 22, cursor: data.links ? "pointer" : "default" };
      })
    });
  }

  // The same unit can return and be returned to: it stands once on each side.
  function flow(data, token) {
    const look = base(token);
    const nodes = new Map();
    const links = data.flows.map(function (one) {
      nodes.set("<" + one[0], { name: "<" + one[0], label: { position: "right" } });
      nodes.set(">" + one[1], { name: ">" + one[1], label: { position: "left" } });
      return { source: "<" + one[0], target: ">" + one[1], value: one[2] };
    });
    function plain(name) { return name.slice(1); }
    const safe = window.echarts.format.encodeHTML;
    return Object.assign(look.common, {
      color: [token("--accent")],
      tooltip: { confine: true, formatter: function (p) { return p.dataType === "edge" ? safe(plain(p.data.source)) + " → " + safe(plain(p.data.target)) + " — " + p.data.value : safe(plain(p.name)) + " — " + p.value; } },
      series: [{
        type: "sankey", data: Array.from(nodes.values()), links: links, left: 8, right: 8, top: 8, bottom: 8, nodeWidth: 12, nodeGap: 14,
        label: { color: look.text, width: window.innerWidth < 768 ? 110 : 180, overflow: "truncate", formatter: function (p) { return plain(p.name); } },
        lineStyle: { color: token("--yellow"), opacity: 0.35 }, itemStyle: { borderWidth: 0 }
      }]
    });
  }

  function funnel(data, token) {
    const look = base(token);
    const whole = data.stages.length ? data.stages[0][1] : 0;
    return Object.assign(look.common, {
      color: [token("--accent")],
      tooltip: { confine: true },
      series: [{
        type: "funnel", sort: "none", left: 8, right: window.innerWidth < 768 ? 130 : 180, top: 8, bottom: 8, minSize: "2%", gap: 3, max: Math.max(1, whole),
        label: { position: "right", color: look.text, formatter: function (p) { return p.name + " " + p.value + (whole ? " · " + Math.round(p.value * 100 / whole) + "%" : ""); } },
        labelLine: { lineStyle: { color: look.line } }, itemStyle: { borderWidth: 0 },
        data: data.stages.map(function (one) { return { name: one[0], value: one[1] }; })
      }]
    });
  }

  function control(data, token) {
    const look = base(token);
    return Object.assign(look.common, {
      grid: { left: 8, right: 64, top: 16, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      tooltip: { trigger: "axis", confine: true },
      xAxis: axis(look, "category", data.names),
      yAxis: axis(look, "value"),
      series: [{
        name: data.series, type: "line", cursor: "default", symbolSize: 8, lineStyle: { color: token("--accent") },
        data: data.points.map(function (value, place) {
          const usual = data.usual[place];
          return { value: value, symbol: usual ? "circle" : "diamond", symbolSize: usual ? 7 : 14, itemStyle: { color: token(usual ? "--accent" : "--red") } };
        }),
        markLine: {
          silent: true, symbol: "none",
          data: data.lines.map(function (one) {
            const usual = one.usual;
            return { yAxis: one.at, name: one.name, lineStyle: { color: usual ? look.ink : token("--red"), type: usual ? "solid" : "dashed" }, label: { color: look.ink, formatter: one.name + " " + one.at } };
          })
        }
      }]
    });
  }

  window.chartKinds = { heat: heat, stacked: stacked, flow: flow, funnel: funnel, control: control };
})();
