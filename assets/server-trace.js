// Draws each recorded curve with uPlot over the server's own drawing, in the page's colours.

for (const figure of document.querySelectorAll("[data-trace]")) plot(figure);

async function plot(figure) {
  const { default: UPlot } = await import(figure.dataset.uplot);
  const trace = JSON.parse(document.getElementById(figure.dataset.trace).textContent);
  if (trace.x.length < 2) return;
  const place = document.createElement("div");
  place.className = "plot";
  figure.querySelector(".curve").replaceWith(place);
  let chart = draw();
  new ResizeObserver(() => chart.setSize(size())).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    chart.destroy();
    chart = draw();
  });

  function size() {
    return { width: Math.max(place.clientWidth, 200), height: 240 };
  }

  function draw() {
    const style = getComputedStyle(figure);
    const colour = (name) => style.getPropertyValue(name).trim();
    const font = `12px ${colour("--font")}`;
    const axis = (label) => ({
      label, font, labelFont: font, labelSize: 20, stroke: colour("--ink-soft"),
      grid: { stroke: colour("--curve-grid"), width: 1 }, ticks: { stroke: colour("--curve-grid"), width: 1 },
    });
    return new UPlot(
      {
        ...size(),
        scales: { x: { time: false } },
        axes: [axis(trace.xUnit), { ...axis(trace.yUnit), size: 60 }],
        series: [
          { label: trace.xUnit },
          { label: `${trace.name} ${trace.yUnit}`, stroke: colour("--curve"), width: 2, points: { size: 4 } },
        ],
      },
      [trace.x, trace.y],
      place,
    );
  }
}
