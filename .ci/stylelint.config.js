export default {
  extends: "stylelint-config-standard",
  reportNeedlessDisables: true,
  rules: {
    // Rules stand by part of the page. This one compares selectors that never meet on one element.
    "no-descending-specificity": null,
    // Keras names a curve val_loss, and so its class.
    "selector-class-pattern": "^[a-z][a-z0-9]*([-_][a-z0-9]+)*$",
  },
};
