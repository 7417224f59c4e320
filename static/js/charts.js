// Draws the charts of the manager's page from the data beside them; a bar leads to its tickets.
(function () {
  "use strict";
  const PAPER = 640; // pixels between the margins of A4

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function options(data) {
    const ink = token("--ink-soft");
    function own(one) {
      if (!one.colour) return {};
      const colour = token(one.colour);
      return { color: colour, lineStyle: { color: colour, type: one.dashed ? "dashed" : "solid" }, symbol: one.dashed ? "none" : "circle" };
    }
    const colours = [token("--accent"), token("--grey-soft") === "" ? "#ccc" : token("--line"), token("--yellow")];
    const names = { type: "category", data: data.names, inverse: Boolean(data.sideways), axisLabel: { color: ink }, axisTick: { show: false }, axisLine: { lineStyle: { color: token("--line") } } };
    const values = { type: "value", minInterval: 1, axisLabel: { color: ink }, splitLine: { lineStyle: { color: token("--line") } } };
    const narrow = window.innerWidth < 768;
    if (data.sideways) names.axisLabel.width = narrow ? 96 : 150, names.axisLabel.overflow = "truncate";
    return {
      color: colours,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      animation: false,  // paper and a resized window show the end at once
      grid: { left: 8, right: 16, top: data.series.length > 1 ? 36 : 8, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: { show: data.series.length > 1, top: 0, left: 0, textStyle: { color: ink }, itemWidth: 12, itemHeight: 8 },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, confine: true },
      xAxis: data.sideways ? values : names,
      yAxis: data.sideways ? names : values,
      series: data.series.map(function (one) {
        return { name: one.name, data: one.data, type: one.line ? "line" : "bar", barMaxWidth: 18, cursor: "pointer", symbolSize: 6, itemStyle: { borderRadius: 3 }, ...own(one) };
      })
    };
  }

  // Other scripts bring further kinds of charts; each makes the options from its data.
  function drawing(data) {
    const kind = (window.chartKinds || {})[data.kind];
    return kind ? kind(data, token) : options(data);
  }

  function addressOf(data, event) {
    const links = data.links || [];
    return Array.isArray(links[0]) ? (links[event.seriesIndex] || [])[event.dataIndex] : links[event.dataIndex];
  }

  function start() {
    const source = document.getElementById("chart-data");
    if (!source || !window.echarts) return;
    const all = JSON.parse(source.textContent);
    const drawn = [];
    document.querySelectorAll("[data-chart]").forEach(function (box) {
      const data = all[box.dataset.chart];
      if (!data) return;
      if (data.sideways) box.style.height = Math.max(140, 48 + data.names.length * (data.series.length > 1 ? 38 : 30)) + "px";
      const chart = window.echarts.init(box, null, { renderer: "svg" });
      chart.setOption(drawing(data));
      chart.on("click", function (event) {
        const address = addressOf(data, event);
        if (address) window.location.href = address;
      });
      drawn.push([chart, data]);
    });
    function redraw(size) {
      drawn.forEach(function ([chart, data]) { chart.resize(size); chart.setOption(drawing(data)); });
    }
    // A drawing keeps its width on paper, and a wide one would make the whole page smaller.
    const paper = window.matchMedia("print");
    function fit() { redraw({ width: paper.matches ? PAPER : "auto" }); }
    paper.addEventListener("change", fit);
    window.addEventListener("beforeprint", function () { redraw({ width: PAPER }); });
    window.addEventListener("afterprint", function () { redraw({ width: "auto" }); });
    window.addEventListener("resize", fit);
    document.addEventListener("themechange", fit);
  }

  document.addEventListener("DOMContentLoaded", start);
})();
