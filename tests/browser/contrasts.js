// Every word that can be seen, with the contrast of its colour to what is behind it (WCAG 2.2).
() => {
    const parse = colour => {
        const [r, g, b, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
        return [...(colour.startsWith('color(') ? [255 * r, 255 * g, 255 * b] : [r, g, b]), alpha];
    };
    const over = (top, below) => [0, 1, 2].map(i => top[3] * top[i] + (1 - top[3]) * below[i]).concat(1);
    const luminance = colour => {
        const [r, g, b] = colour.map(v => v / 255).map(
            v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const exempt = 'style, :disabled, [aria-disabled=true], [aria-hidden=true], .katex-mathml, '
        + '.cartesianlayer .plot';
    const read = element => {
        const style = getComputedStyle(element), box = element.getBoundingClientRect();
        return {style, box, opacity: style.opacity, hides: style.overflowY !== 'visible',
            background: parse(style.backgroundColor)};
    };
    const known = new Map(), measured = [];
    const once = element => known.get(element) ?? known.set(element, read(element)).get(element);
    const walker = document.createTreeWalker(
        document.querySelector('[data-testid=stApp]'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const words = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
        if (!words || !element.checkVisibility({visibilityProperty: true})) continue;
        if (element.closest(exempt)) continue;
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        const {x, y, width, height} = range.getBoundingClientRect();
        let opacity = 1;
        const behind = [];
        for (let parent = element; parent; parent = parent.parentElement) {
            const {box, hides, background, opacity: own} = once(parent);
            opacity *= own;
            const inside = box.left <= x + width / 2 && x + width / 2 <= box.right
                && box.top <= y + height / 2 && y + height / 2 <= box.bottom;
            if (inside || hides) behind.push(background);
        }
        if (opacity < 0.05) continue;
        const background = behind.reduceRight((below, colour) => over(colour, below), [255, 255, 255, 1]);
        const {style} = once(element);
        const colour = parse(element instanceof SVGElement ? style.fill : style.color);
        const text = over([...colour.slice(0, 3), colour[3] * opacity], background);
        const [darker, lighter] = [luminance(text), luminance(background)].sort((a, b) => a - b);
        measured.push([words, (lighter + 0.05) / (darker + 0.05)]);
    }
    return measured;
}
