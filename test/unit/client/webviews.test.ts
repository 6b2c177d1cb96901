/** Hosts of pages: their documents, and what they answer. */
import { describe, expect, it, vi } from 'vitest';
import { type ActionHandlers, errorDataOf, replyTo } from '../../../client/webviews/bridge';
import { contentSecurityPolicy, escapeHtml, pageHtml } from '../../../client/webviews/html';

const DOCUMENT = {
  title: 'Heatmap: <lenet> & "co"',
  script: 'https://host/dist/heatmap.js',
  style: 'https://host/dist/heatmap.css',
  source: 'https://host',
  nonce: 'aGVsbG8+/w==',
};

function directives(policy: string): ReadonlyMap<string, string> {
  return new Map(
    policy.split('; ').map((directive) => {
      const [name, ...values] = directive.split(' ');
      return [name, values.join(' ')];
    }),
  );
}

describe('documents', () => {
  it('allow no scripts but the one with the nonce, and no connections at all', () => {
    const policy = directives(contentSecurityPolicy(DOCUMENT));
    expect(policy.get('default-src')).toBe("'none'");
    expect(policy.get('script-src')).toBe("'nonce-aGVsbG8+/w=='");
    expect(policy.has('connect-src')).toBe(false);
    expect(policy.get('style-src')).toBe("https://host 'nonce-aGVsbG8+/w=='");
    expect(policy.get('img-src')).toBe('data:');
    expect([...policy.values()].join(' ')).not.toMatch(/unsafe-|\*/);
  });

  it('load one script with that nonce and one style sheet', () => {
    const html = pageHtml(DOCUMENT);
    expect(html.match(/<script[^>]*>/g)).toEqual(['<script nonce="aGVsbG8+/w==" src="https://host/dist/heatmap.js">']);
    expect(html.match(/<link[^>]*>/g)).toEqual(['<link rel="stylesheet" href="https://host/dist/heatmap.css">']);
    expect(html).toContain('<meta property="csp-nonce" content="aGVsbG8+/w==">');
    expect(html).toContain('<title>Heatmap: &lt;lenet&gt; &amp; &quot;co&quot;</title>');
    expect(html).not.toMatch(/ on\w+=| style=/);
  });

  it('escape what stands between tags and in attributes', () => {
    expect(escapeHtml(`<a b='c' d="e">&`)).toBe('&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;');
  });
});

describe('messages', () => {
  const actions = {
    copy: vi.fn(async () => null),
    stopRun: async () => {
      throw new Error('It is not running.');
    },
  } as unknown as ActionHandlers;
  const request = vi.fn(async () => undefined as never);
  const reply = (message: unknown) => replyTo(message, { request, actions });

  it('passes requests on, and answers each once, also without a result', async () => {
    const message = { kind: 'request', id: 7, request: 'prunelens/runs', params: {} };
    expect(await reply(message)).toEqual({ kind: 'reply', id: 7, result: null });
    expect(request).toHaveBeenCalledWith('prunelens/runs', {});
  });

  it('refuses requests and actions that are not on the list', async () => {
    request.mockClear();
    const forbidden = { kind: 'request', id: 1, request: 'workspace/executeCommand', params: {} };
    expect(await reply(forbidden)).toMatchObject({ id: 1, error: { kind: 'failed' } });
    expect(request).not.toHaveBeenCalled();
    for (const action of ['deleteRun', 'toString', '__proto__']) {
      expect(await reply({ kind: 'action', id: 2, action, params: {} })).toMatchObject({ id: 2, error: {} });
    }
  });

  it('runs actions and tells of their failures', async () => {
    expect(await reply({ kind: 'action', id: 3, action: 'copy', params: { text: 'x' } })).toEqual({
      kind: 'reply',
      id: 3,
      result: null,
    });
    expect(actions.copy).toHaveBeenCalledWith({ text: 'x' });
    expect(await reply({ kind: 'action', id: 4, action: 'stopRun', params: { run: 'r' } })).toEqual({
      kind: 'reply',
      id: 4,
      error: { kind: 'failed', message: 'It is not running.' },
    });
  });

  it('does not answer what is no message of a page', async () => {
    for (const message of [undefined, null, 'text', {}, { id: 1 }, { kind: 'request' }]) {
      expect(await reply(message)).toBeUndefined();
    }
  });

  it("keeps the data of a server's error", () => {
    const data = { kind: 'usage', message: 'No.', hint: 'Do this.' };
    expect(errorDataOf(Object.assign(new Error('No. Do this.'), { data }))).toBe(data);
    expect(errorDataOf('text')).toEqual({ kind: 'failed', message: 'text' });
  });
});
