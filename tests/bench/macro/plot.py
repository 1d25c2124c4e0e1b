"""Line plots as SVG, with logarithmic axes, readable on light and dark pages. No dependency."""
import math
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 74, 196, 44, 52
# Distinct in luminance as well as in hue, on white and on black; dashes tell further series apart.
COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#b58900", "#56a0d3"]
STYLE = """
 text { font: 12px sans-serif; fill: #24292f }
 .title { font-size: 15px; font-weight: bold }
 .grid { stroke: #d0d7de; stroke-width: 1 }
 .axis { stroke: #57606a; stroke-width: 1 }
 .line { fill: none; stroke-width: 2 }
 @media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
 }
"""


@dataclass
class Line:
    name: str
    points: list                 # (x, y), both above 0
    colour: int = 0              # into COLOURS
    dashed: bool = False


@dataclass
class Plot:
    title: str
    x_label: str
    y_label: str
    lines: list = field(default_factory=list)
    x_base: int = 2              # ticks at its powers, written as 2^n
    y_base: int = 10


def decades(low, high, base):
    """The powers of base around the range, as exponents; at least two."""
    first, last = math.floor(math.log(low, base) + 1e-9), math.ceil(math.log(high, base) - 1e-9)
    return range(first, max(last, first + 1) + 1)


def number(value):
    """1000, 0.01, 2.5: without an exponent, without needless zeros."""
    return f"{value:.10f}".rstrip("0").rstrip(".") if value < 1 else f"{value:g}"


class Axis:
    def __init__(self, values, base, begin, end):
        self.base, self.begin, self.end = base, begin, end
        self.ticks = decades(min(values), max(values), base)

    def at(self, value):
        first, last = self.ticks[0], self.ticks[-1]
        return self.begin + (math.log(value, self.base) - first) / (last - first) * (self.end - self.begin)


def svg(plot):
    """The plot as a document."""
    points = [point for line in plot.lines for point in line.points]
    if not points:
        raise ValueError(f"nothing to plot: {plot.title}")
    x = Axis([point[0] for point in points], plot.x_base, LEFT, WIDTH - RIGHT)
    y = Axis([point[1] for point in points], plot.y_base, HEIGHT - BOTTOM, TOP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
             f'aria-label="{escape(plot.title, {chr(34): "&quot;"})}">', f"<style>{STYLE}</style>",
             f'<text class="title" x="{LEFT}" y="22">{escape(plot.title)}</text>']
    step = max(1, math.ceil(len(x.ticks) / 8))
    for exponent in x.ticks[::step]:
        place = x.at(plot.x_base ** exponent)
        parts += [f'<line class="grid" x1="{place:.1f}" x2="{place:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>',
                  f'<text x="{place:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{plot.x_base}'
                  f'<tspan dy="-5" font-size="9">{exponent}</tspan></text>']
    for exponent in y.ticks:
        place = y.at(float(plot.y_base) ** exponent)
        parts += [f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place:.1f}" y2="{place:.1f}"/>',
                  f'<text x="{LEFT - 8}" y="{place + 4:.1f}" text-anchor="end">'
                  f'{number(float(plot.y_base) ** exponent)}</text>']
    parts += [f'<path class="axis" fill="none" d="M{LEFT},{TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>',
              f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">'
              f'{escape(plot.x_label)}</text>',
              f'<text transform="translate(18,{(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)" text-anchor="middle">'
              f'{escape(plot.y_label)}</text>']
    for row, line in enumerate(plot.lines):
        colour = COLOURS[line.colour % len(COLOURS)]
        dash = ' stroke-dasharray="6 4"' if line.dashed else ""
        path = " ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in sorted(line.points))
        parts.append(f'<polyline class="line" stroke="{colour}"{dash} points="{path}"/>')
        parts += [f'<circle cx="{x.at(a):.1f}" cy="{y.at(b):.1f}" r="2.5" fill="{colour}"/>' for a, b in line.points]
        height = TOP + 8 + row * 18
        parts += [f'<line class="line" stroke="{colour}"{dash} x1="{WIDTH - RIGHT + 14}" x2="{WIDTH - RIGHT + 40}" '
                  f'y1="{height}" y2="{height}"/>',
                  f'<text x="{WIDTH - RIGHT + 46}" y="{height + 4}">{escape(line.name)}</text>']
    return "\n".join([*parts, "</svg>"]) + "\n"
