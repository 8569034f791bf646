import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useCommand } from '../server/command.ts';
import { Failed } from './notes.tsx';

export interface Field {
  name: string;
  label: string;
  kind: 'line' | 'lines' | 'choice' | 'date' | 'secret';
  required?: boolean;
  hint?: string;
  value?: string;
  /** For `choice` what can be chosen; for `line` suggestions. */
  options?: readonly { value: string; label: string }[];
}

/** What a command asks before it is sent: native dialog, labelled fields, the refusal inline. */
export interface CommandForm {
  title: string;
  /** What will happen, in one or two sentences. */
  effect?: string;
  submit: string;
  fields: readonly Field[];
  send: (values: Record<string, string>) => Promise<unknown>;
}

export const CommandDialog = ({ form, onClose }: { form: CommandForm; onClose: (done: boolean) => void }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const command = useCommand();
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(form.fields.map((field) => [field.name, field.value ?? ''])),
  );

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const given = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()]));
    if (await command.run(() => form.send(given))) onClose(true);
  };

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={heading} onClose={() => onClose(false)}>
      <form onSubmit={submit}>
        <h2 id={heading}>{form.title}</h2>
        {form.effect ? <p class="soft">{form.effect}</p> : null}
        {form.fields.map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            value={values[field.name] ?? ''}
            onValue={(value) => setValues((known) => ({ ...known, [field.name]: value }))}
          />
        ))}
        {command.problem ? <Failed problem={command.problem} /> : null}
        <div class="buttons">
          <button type="submit" class="primary" disabled={command.busy}>
            {command.busy ? 'Sending…' : form.submit}
          </button>
          <button type="button" onClick={() => onClose(false)}>
            Leave it
          </button>
        </div>
      </form>
    </dialog>
  );
};

const FieldInput = ({ field, value, onValue }: { field: Field; value: string; onValue: (value: string) => void }) => {
  const id = useId();
  const shared = {
    id,
    value,
    required: field.required ?? false,
    'aria-describedby': field.hint ? `${id}-hint` : undefined,
    onInput: (event: { currentTarget: { value: string } }) => onValue(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>
        {field.label}
        {field.required ? null : <span class="soft"> (optional)</span>}
      </label>
      {field.kind === 'lines' ? <textarea rows={4} {...shared} /> : null}
      {field.kind === 'secret' ? <input type="password" autocomplete="off" {...shared} /> : null}
      {field.kind === 'date' ? <input type="date" {...shared} /> : null}
      {field.kind === 'line' ? (
        <>
          <input type="text" autocomplete="off" list={field.options ? `${id}-list` : undefined} {...shared} />
          {field.options ? (
            <datalist id={`${id}-list`}>
              {field.options.map((option) => (
                <option key={option.value} value={option.value} label={option.label} />
              ))}
            </datalist>
          ) : null}
        </>
      ) : null}
      {field.kind === 'choice' ? (
        <select {...shared}>
          {field.options?.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      ) : null}
      {field.hint ? (
        <p class="hint" id={`${id}-hint`}>
          {field.hint}
        </p>
      ) : null}
    </div>
  );
};
