import { Dialog } from '../../shared/view/Dialog';
import { Field } from '../../shared/view/Field';

/** Where the browser lets no page copy: the link, chosen already, to be copied by hand. */
export function LinkDialog({ url, onClose }: { url: string; onClose: () => void }) {
  return (
    <Dialog title="Link to this message" onClose={onClose}>
      <Field label="Link" value={url} readOnly autoFocus dir="ltr"
        hint="This browser lets no page copy here: copy it by hand"
        onFocus={(event) => event.target.select()} />
    </Dialog>
  );
}
