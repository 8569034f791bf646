import type { Page } from 'playwright-core';

/**
 * Checks by hand what an audit would: names of controls and fields, one h1, no skipped heading, no double ids, targets
 * large enough, and text contrast of at least 4.5 (3 for large text) in the colours as they are computed.
 */
export const faultsOfAccess = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const faults: string[] = [];
    const visible = (element: Element): boolean => element.checkVisibility({ visibilityProperty: true });
    const all = (selector: string): HTMLElement[] =>
      [...document.querySelectorAll<HTMLElement>(selector)].filter(visible);
    const called = (element: Element): string =>
      `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} ${element.textContent?.slice(0, 40)}`;

    for (const control of all('button, a[href], summary')) {
      const name = control.getAttribute('aria-label') ?? control.textContent ?? '';
      if (name.trim() === '') faults.push(`without a name: ${called(control)}`);
    }
    for (const field of all('input, select, textarea') as HTMLInputElement[]) {
      if (!field.labels?.length && !field.getAttribute('aria-label')) faults.push(`without a label: ${called(field)}`);
    }
    for (const button of all('button')) {
      const box = button.getBoundingClientRect();
      if (box.height < 24 || box.width < 24) faults.push(`too small a target: ${called(button)}`);
    }
    const headings = all('h1, h2, h3, h4').map((heading) => Number(heading.tagName.charAt(1)));
    if (headings.filter((level) => level === 1).length !== 1) faults.push('not exactly one h1');
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) faults.push(`id twice: ${id}`);
    for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby]')) {
      const named = `${element.getAttribute('aria-labelledby') ?? ''} ${element.getAttribute('aria-describedby') ?? ''}`;
      for (const id of named.trim().split(/\s+/))
        if (!document.getElementById(id)) faults.push(`points to nothing: ${id}`);
    }
    if (!document.documentElement.lang) faults.push('no language');
    if (all('main').length !== 1) faults.push('not exactly one main');

    const channels = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (rgb: number[]): number => {
      const [red = 0, green = 0, blue = 0] = rgb.slice(0, 3).map((value) => {
        const part = value / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const paper = (element: Element): number[] => {
      for (let one: Element | null = element; one; one = one.parentElement) {
        const colour = channels(getComputedStyle(one).backgroundColor);
        if (colour.length === 3 || (colour[3] ?? 0) === 1) return colour;
      }
      return [255, 255, 255];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!element || !node.textContent?.trim() || !visible(element)) continue;
      if (element.closest('.visually-hidden, svg, option, :disabled, .hold-button')) continue;
      const style = getComputedStyle(element);
      const [one, other] = [luminance(channels(style.color)), luminance(paper(element))];
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      const size = Number.parseFloat(style.fontSize);
      const needed = size >= 24 || (size >= 18.6 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      if (contrast < needed) faults.push(`contrast ${contrast.toFixed(2)}: ${called(element)}`);
    }
    return [...new Set(faults)];
  });
